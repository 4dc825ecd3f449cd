"""What the notebooks of this course call."""

from sharing_variables.predictions import check_prediction

__all__ = ["check_prediction"]
