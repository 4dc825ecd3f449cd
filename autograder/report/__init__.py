"""What people read: drawn from results, and from nothing else."""
