//! What a system says of itself.

use crate::regime::RegimeScheme;
use crate::replay::{AlertRules, ExitReason, Reject};

/// What a system is.
#[derive(Debug, Clone, Copy)]
pub struct About {
    /// Its name in scenario files: lower-case letters, digits and hyphens.
    pub name: &'static str,
    /// What it is, in a few words, for lists.
    pub title: &'static str,
    /// Raised whenever its code may decide otherwise: it enters the run id and the trial ledger, so that a
    /// changed system is a new trial.
    pub version: u32,
    /// How many symbols it trades at once.
    pub symbols: Symbols,
    /// The regimes that its own [`labels`](super::System::labels) tell apart; none where it labels nothing
    /// and is measured by the labels of the registry.
    pub regimes: Option<&'static RegimeScheme>,
    /// Why it may close a position, reasons of its own among them; what orders, limits and the loop do by
    /// themselves (stop, target, end) is not listed.
    pub exits: &'static [ExitReason],
    /// Why it turns candidates and orders away by itself; what limits and the account refuse is not listed.
    pub rejects: &'static [Reject],
    /// Why a bar leads to no order, or that it does, by code: the names of
    /// [`Record::reasons`](super::Record::reasons).
    pub reasons: &'static [&'static str],
    /// Parameters that change what its [`columns`](super::System::columns) hold. A sweep computes columns
    /// anew only where one of these differs; it refuses an axis that changes them and is missing here. Parameters
    /// that name an input must be among them.
    pub column_params: &'static [&'static str],
    /// Files that it reads beside the bars.
    pub inputs: &'static [ExtraInput],
    /// What it brings for the rules of deployment of `[risk]`, which act on any system.
    pub deployment: OwnDeployment,
}

/// What a system brings for the rules of deployment above it: its traders answer as
/// [`Deployable`](crate::replay::Deployable).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct OwnDeployment {
    /// Bounds and names of its rolling alerts, where the scenario gives none.
    pub alerts: AlertRules,
    /// The variant its traders go on as after an emergency stop; none where they can only stop.
    pub fallback: Option<&'static str>,
    /// Whether its traders state the quality of their signals.
    pub quality: bool,
    /// Whether its traders judge the end of a stage by criteria of their own.
    pub standing: bool,
}

impl OwnDeployment {
    /// Nothing of its own: exposure by the clock or by the alerts of the scenario, and a stop that ends in nothing.
    pub const NONE: Self = Self { alerts: AlertRules::NONE, fallback: None, quality: false, standing: false };
}

/// How many symbols a system trades in one account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Symbols {
    /// One.
    One,
    /// Any number, each by itself.
    Many,
    /// Any number, decided together: what is done with one may depend on the others.
    Together,
}

/// A file that a system reads beside the bars. Its path is a parameter of the system, relative to the
/// project's root.
#[derive(Debug, Clone, Copy)]
pub struct ExtraInput {
    /// What the system knows it by.
    pub name: &'static str,
    /// The parameter that names the file; empty text for none.
    pub parameter: &'static str,
    /// What it is, for messages.
    pub meaning: &'static str,
    /// What it holds.
    pub holds: ExtraKind,
    /// Whether there must be one.
    pub required: bool,
}

/// What a file beside the bars holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExtraKind {
    /// Positions or orders, each for a bar ([signals of your own](super)).
    Positions,
    /// Events, each known from its availability time on ([`EventFile`](crate::data::EventFile)).
    Events,
}
