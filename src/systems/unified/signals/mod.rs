//! Signal sources, their weighting, the vote, and the quality of a signal. A signal is a direction and a confidence:
//! sizing and execution know nothing of it, and it knows nothing of them.

mod flow;
mod ml;
mod patterns;
mod quality;
mod sources;
mod tally;
mod volume;
mod vote;
mod weights;

pub use flow::{Energy, FlowField};
pub use ml::{MlInputs, MlModel, heuristic, walk_forward_logit};
pub use patterns::{
    PATTERN_COUNT, PATTERN_NAMES, PatternBar, PatternLimits, PatternRules, PatternSet, detect_patterns,
    pattern_names,
};
pub use quality::{PatternRecord, QualityInputs, quality};
pub use sources::{EngineBar, EngineRules, SnapshotBar, UtRule, engine_sources, snapshot_sources};
pub use tally::{VoteNorm, VoteTally, vote};
pub use volume::{Activity, SizeClass, VolumeBar, VolumeMetrics, VolumeRules, volume_metrics};
pub use vote::{Direction, SOURCE_COUNT, Source, Vote};
pub use weights::{Variant, weights};
