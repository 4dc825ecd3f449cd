"""Several machines, made of this one: hosts with a network and a file system of their own, and real schedulers."""
