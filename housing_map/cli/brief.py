"""The command ``scenario brief``: two pages for the commissioning group, in Word, PDF or HTML."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from housing_map.cli import output
from housing_map.cli.output import OK
from housing_map.errors import HousingMapError, UsageError

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence
    from pathlib import Path

    from housing_map.brief.swings import Swing
    from housing_map.effects import Comparison
    from housing_map.model import Settings
    from housing_map.pack import Pack
    from housing_map.paired import Paired
    from housing_map.scenario import Scenario


def brief(options: argparse.Namespace) -> int:
    """Write a brief of scenarios beside the data as they are."""
    from housing_map.brief.comparing import comparison_brief
    from housing_map.cli.scenarios import asked, read_scenarios
    from housing_map.documents.files import as_file, check_format
    from housing_map.effects import compare
    from housing_map.pack import load_pack

    # What is wrong with the question is said before minutes of work, not after.
    check_format(options.out.suffix, options.template)
    if not options.out.parent.is_dir():
        message = f"{options.out} cannot be written: there is no such folder"
        raise UsageError(message)
    pooled = _shares(options.share)
    pack = load_pack(options.data)
    scenarios = read_scenarios(options.file, pack)
    settings = asked(options, scenarios[0])
    comparison = compare(pack, scenarios, settings)
    document = comparison_brief(
        comparison,
        title=options.title,
        publishable=options.publishable,
        level=options.level,
        paired=_pairs(options, pack, scenarios, settings),
        swings=_swings(options, comparison),
        pooled=pooled,
    )
    _write(as_file(document, options.out.suffix, options.template), options.out)
    print(f"Written: {options.out}")
    return OK


def _pairs(
    options: argparse.Namespace, pack: Pack, scenarios: Sequence[Scenario], settings: Settings
) -> Paired | None:
    """Draw baseline and scenarios under the same luck, where draws are asked for."""
    if not options.draws:
        return None
    from housing_map.paired import paired_draws

    return paired_draws(
        pack,
        scenarios,
        settings,
        [(), ("need",)],
        draws=options.draws,
        seed=options.seed,
        progress=output.progress("Draws"),
    )


def _swings(options: argparse.Namespace, comparison: Comparison) -> tuple[Swing, ...] | None:
    """Move every open question in the first scenario, where that is asked for."""
    if not options.questions:
        return None
    from housing_map.brief.swings import swings

    baseline = comparison.baseline
    return swings(
        baseline.pack,
        baseline.settings,
        comparison.outcome(1).applied,
        progress=output.progress("Questions"),
    )


def _shares(given: Sequence[tuple[str, float]]) -> dict[str, float] | None:
    """Return the shares of a pooled budget; one partner counts once."""
    if not given:
        return None
    from housing_map.costs import divided

    shares = dict(given)
    if len(shares) < len(given):
        message = "Each partner of a pooled budget has one share"
        raise UsageError(message)
    divided(None, shares)
    return shares


def _write(content: bytes, file: Path) -> None:
    """Write the whole file or none of it."""
    part = file.with_name(f".{file.name}.{os.getpid()}.part")
    try:
        part.write_bytes(content)
        part.replace(file)
    except OSError as failed:
        part.unlink(missing_ok=True)
        message = f"{file} cannot be written: {failed.strerror}"
        raise HousingMapError(message) from failed
