"""The registry: figures of the clinics that let the analyst in, side by side and pooled. Read only, without names."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from flask import Blueprint, abort, render_template, request

from scoring.responder import Rule
from surveys.db import app_now, db
from surveys.outcomes.cohort import Cohort
from surveys.outcomes.dashboard import Dashboard, describe
from surveys.outcomes.pooled import pool
from surveys.outcomes.sections import BY_CODE, OVERVIEW, Section, section_of
from surveys.outcomes.words import interval_words, percent
from surveys.protocols.model import Protocol
from surveys.views.dashboard import CSV, SVG, Place, dashboard_page, figure_file, protocol_of
from surveys.views.filter_form import FilterForm, chosen_filters, filter_form
from surveys.views.guard import Reply, staff_page
from surveys.views.rule_form import chosen_rule
from surveys.views.sites import Site, cohort_of, granted_sites, offered

bp = Blueprint("registry", __name__)
HERE = Place("registry.show", "registry.table", "registry.drawing", more="registry.more")


@dataclass(frozen=True)
class Chosen:
    """What the request's filters choose: the sites that follow the protocol, each with its cohort."""

    form: FilterForm
    protocols: Sequence[tuple[Protocol, int]]
    parts: Sequence[tuple[Site, Cohort]]
    rule: Rule
    section: Section

    def board(self) -> Dashboard:
        """The dashboard of all these sites together."""
        return describe(pool([cohort for _site, cohort in self.parts]), self.rule, (self.section,))


@bp.get("/registry")
@staff_page
def sites() -> Reply:
    """Show completeness and responders of every site, and of all together."""
    everyone = granted_sites()
    chosen = _chosen(everyone)
    if chosen is None:
        return _nothing(everyone)
    whole = chosen.board()
    focus = whole.headline[0].timepoint if whole.headline else None
    boards = [(site, describe(_at(cohort, focus), chosen.rule, (chosen.section,))) for site, cohort in chosen.parts]
    others = [site for site in everyone if site not in dict(chosen.parts)]
    shown = {"percent": percent, "interval_words": interval_words, "protocols": chosen.protocols, "others": others}
    return render_template("clinician/registry.html", whole=whole, boards=boards, **shown)


@bp.get("/registry/figures")
@staff_page
def show() -> Reply:
    """Show the dashboard of one site, or of all that follow the protocol."""
    return _page(OVERVIEW)


@bp.get("/registry/figures/more/<section>")
@staff_page
def more(section: str) -> Reply:
    """Show a further part of the figures."""
    return _page(section)


@bp.get("/registry/figures/<code>.csv")
@staff_page
def table(code: str) -> Reply:
    """The rows of one figure."""
    return figure_file(_board(code), code, *CSV)


@bp.get("/registry/figures/<code>.svg")
@staff_page
def drawing(code: str) -> Reply:
    """The drawing of one figure."""
    return figure_file(_board(code), code, *SVG)


def _page(code: str) -> Reply:
    section = BY_CODE.get(code) or abort(404)
    everyone = granted_sites()
    chosen = _chosen(_named(everyone), lambda _rule: section)
    if chosen is None:
        return _nothing(everyone)
    return dashboard_page(chosen.board(), chosen.form, chosen.protocols, HERE, sites=everyone)


def _board(code: str) -> Dashboard:
    chosen = _chosen(_named(granted_sites()), lambda rule: section_of(code, rule.scale)) or abort(404)
    return chosen.board()


def _named(everyone: Sequence[Site]) -> list[Site]:
    """The site that the address names, or all; one that did not let the reader in is as unknown as none."""
    wanted = request.args.get("site", "")
    if not wanted:
        return list(everyone)
    return [site for site in everyone if str(site.id) == wanted] or abort(404)


def _chosen(
    from_sites: Sequence[Site], part: Callable[[Rule], Section | None] = lambda _rule: BY_CODE[OVERVIEW]
) -> Chosen | None:
    """Read what the filters choose; None while nobody is enrolled anywhere. ``part``: of the page, by the rule."""
    protocols = offered(from_sites)
    if not protocols:
        return None
    form = filter_form([protocol for protocol, _count in protocols])
    protocol = protocol_of(form, protocols)
    rule = chosen_rule(protocol)
    section = part(rule) or abort(404)
    now, filters = app_now(db.session()), chosen_filters(form)
    following = [site for site in from_sites if site.follows(protocol)]
    parts = [(site, cohort_of(site, protocol, filters, rule, section, now=now)) for site in following]
    return Chosen(form, protocols, parts, rule, section)


def _at(cohort: Cohort, timepoint: str | None) -> Cohort:
    """The same cohort looked at where the whole is: a timepoint chooses among figures and keeps everybody."""
    return replace(cohort, filters=replace(cohort.filters, timepoint=timepoint))


def _nothing(everyone: Sequence[Site]) -> str:
    return render_template("clinician/registry_empty.html", sites=everyone)
