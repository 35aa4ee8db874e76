"""Training compiled programs on data files, with checkpoints and exact resuming."""

from tpgraph.training.checkpoint import TRAINING_FILES
from tpgraph.training.data import AnyData, as_dataset, dataset, load_data, minibatches
from tpgraph.training.learning_rates import scheduled_rates
from tpgraph.training.loop import Training, TrainingProgress, check_settings, train
from tpgraph.training.named_arrays import Dataset
from tpgraph.training.pass_samples import is_of_samples, samples_of_passes, samples_taken
from tpgraph.training.standardization import standardization
from tpgraph.training.synthetic import synthetic_data
from tpgraph.training.trained_run import Predictions, TrainedRun, evaluate, load_run, predict

__all__ = [
    "TRAINING_FILES",
    "AnyData",
    "Dataset",
    "Predictions",
    "TrainedRun",
    "Training",
    "TrainingProgress",
    "as_dataset",
    "check_settings",
    "dataset",
    "evaluate",
    "is_of_samples",
    "load_data",
    "load_run",
    "minibatches",
    "predict",
    "samples_of_passes",
    "samples_taken",
    "scheduled_rates",
    "standardization",
    "synthetic_data",
    "train",
]
