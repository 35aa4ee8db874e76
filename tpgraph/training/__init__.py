"""Training compiled programs on data files, with checkpoints and exact resuming."""

from tpgraph.training.data import Dataset, dataset, load_data, minibatches
from tpgraph.training.loop import Progress, Training, train

__all__ = ["Dataset", "Progress", "Training", "dataset", "load_data", "minibatches", "train"]
