"""Settings: what becomes of claims when the model changes."""

from __future__ import annotations

from neurontest.settings.setting import Setting

CHANGES: tuple[Setting, ...] = (
    Setting(
        "run",
        "record",
        str,
        None,
        "Folder that a reference is written to, if the whole suite was run: later runs are held against it",
        "person",
    ),
    Setting(
        "run",
        "floor",
        str,
        "batch,threads,seed",
        "With what the same model is traced once more for a reference's noise floor, separated by commas: batch (other"
        " batches), threads (one alone, or two), seed (other texts); or none",
        "person",
    ),
    Setting(
        "run",
        "against",
        str,
        None,
        "Reference that the run is held against: its folder, or git:REVISION:FOLDER",
        "person",
    ),
    Setting(
        "run",
        "against_texts",
        str,
        "same",
        "same: the model reads the reference's texts, so that both have the same words; own: it writes its own",
        "person",
        choices=("same", "own"),
    ),
    Setting(
        "run",
        "against_neurons",
        str,
        "number",
        "Which neuron is one that the reference names or found: the one of the same number; or match: the one that does"
        " what it did, in whatever layer",
        "person",
        choices=("number", "match"),
    ),
    Setting(
        "run",
        "margin",
        str,
        "50%",
        "What may be lost of an effect since the reference: a share of it, or an amount in its unit",
        "person",
    ),
    Setting(
        "run",
        "gate",
        str,
        "weakened,lost",
        "What fails against a reference, separated by commas: weakened, lost, undecided, incomparable; or none",
        "person",
    ),
    Setting(
        "run",
        "gate_bar",
        str,
        "warn",
        "What becomes of a run whose suite asks less than it did when the reference was recorded; off: do not look",
        "person",
        choices=("warn", "fail", "off"),
    ),
)
