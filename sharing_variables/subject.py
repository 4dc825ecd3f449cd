"""What this subject brings to the grader, see `autograder.subject`: graphs as evidence, and TensorFlow's manners."""

from autograder.hints import HintRule
from autograder.subject import EvidenceKind, KernelSettings, LintRule, Subject


class SharingVariables:
    """The subject of the notebooks on sharing variables in TensorFlow 1 graphs."""

    name = "sharing_variables"
    kernel = KernelSettings(
        preload=("numpy", "tensorflow.compat.v1", "sharing_variables.tensorflow_settings"),
        # Both are needed to silence TensorFlow's C++ log.
        environment=(("TF_CPP_MIN_LOG_LEVEL", "2"), ("TF_ENABLE_ONEDNN_OPTS", "0")),
        import_variables=("TF_", "CUDA_"),
        # TensorFlow's own threads are there after a session or an eager operation.
        threads_at_work=("tf_",),
        refusals=(("memory", "ResourceExhaustedError", ""),),
        # What `tf.disable_v2_behavior()` logs about itself (tensorflow/python/ops/resource_variables_toggle.py).
        silenced=(("tensorflow", "non-resource variables are not supported in the long term"),),
        library_folders=("/tensorflow/python/",),
    )

    @property
    def evidence(self) -> tuple[EvidenceKind, ...]:
        """Graphs, shown by `sharing_variables.show_sharing`."""
        from sharing_variables.graph.evidence import GRAPH

        return (GRAPH,)

    @property
    def hint_rules(self) -> tuple[HintRule, ...]:
        """Rules that look at what a graph shares; the others are data, in the assignment's hints.yml."""
        from sharing_variables.ideas import RULES

        return RULES

    @property
    def lint_rules(self) -> tuple[LintRule, ...]:
        """Rules for notebooks that build graphs."""
        from sharing_variables.lint import RULES

        return RULES


SUBJECT: Subject = SharingVariables()
