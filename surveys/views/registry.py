"""The registry: figures of the clinics that let the analyst in, side by side and pooled. Read only, without names."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, partial

from flask import Blueprint, abort, render_template, request

from scoring.responder import Rule
from surveys.db import app_now, db
from surveys.i18n import gettext as _
from surveys.outcomes.cohort import Cohort
from surveys.outcomes.dashboard import Dashboard, describe
from surveys.outcomes.figure import Figure
from surveys.outcomes.filter_text import print_text
from surveys.outcomes.look import Look
from surveys.outcomes.registry import by_site
from surveys.outcomes.registry.choices import refused
from surveys.outcomes.registry.narrowing import narrowed
from surveys.outcomes.registry.pooling import Part, left_out, together
from surveys.outcomes.registry.screening import screened
from surveys.outcomes.sections import BY_CODE, OVERVIEW, Section, section_of
from surveys.outcomes.words import interval_words, percent
from surveys.protocols.model import Protocol
from surveys.views.dashboard import CSV, SVG, Place, dashboard_page, file_of, protocol_of, query_of
from surveys.views.filter_form import FilterForm, chosen_filters, filter_form, saved_cohort
from surveys.views.guard import Reply, staff_page
from surveys.views.rule_form import chosen_rule, rule_choices
from surveys.views.sites import Site, granted_sites, offered, part_of

bp = Blueprint("registry", __name__)
HERE = Place("registry.show", "registry.table", "registry.drawing", more="registry.more")
SITES = replace(HERE, show="registry.sites")


@dataclass(frozen=True)
class Chosen:
    """What the request's filters choose: the sites that follow the protocol, each with what was read of it."""

    form: FilterForm
    protocols: Sequence[tuple[Protocol, int]]
    parts: Sequence[tuple[Site, Part]]
    rule: Rule
    section: Section
    alone: bool

    @cached_property
    def board(self) -> Dashboard:
        """The dashboard of the one site that was named, or of all together."""
        parts = [part for _site, part in self.parts]
        return self._describe(parts[0].alone() if self.alone else together(parts))

    def of(self, part: Part) -> Dashboard:
        """One site's, looked at where the whole is: a timepoint chooses among figures and keeps everybody."""
        cohort, focus = part.alone(), self.board.look.focus.code
        return self._describe(replace(cohort, filters=replace(cohort.filters, timepoint=focus)))

    def _describe(self, cohort: Cohort) -> Dashboard:
        narrow = narrowed(cohort, Look(cohort, self.rule).rules)
        board, kept_back = describe(narrow, self.rule, (self.section,)), bool(narrow.closed or narrow.unsaid)
        return replace(board, screen=partial(screened, alone=self.alone, kept_back=kept_back))

    @cached_property
    def lines(self) -> list[by_site.Line]:
        """The sites that may be named, by name, then all together."""
        named = [(site, part) for site, part in self.parts if site.large()]
        each = [line for site, part in named for line in by_site.lines_of(self.of(part), site.name, str(site.id))]
        return each + by_site.lines_of(self.board, _("All sites"), None)


@bp.get("/registry")
@staff_page
def sites() -> Reply:
    """Show completeness and responders of every site, and of all together."""
    everyone = granted_sites()
    chosen = _chosen(everyone)
    if chosen is None:
        return _nothing(everyone)
    whole, following = chosen.board, {site.id for site, _part in chosen.parts}
    shown = {"percent": percent, "interval_words": interval_words, "form": chosen.form, "at": SITES}
    shown |= {"protocols": chosen.protocols, "query": query_of(whole)}
    shown["rules"] = rule_choices(whole.protocol, whole.rule)
    shown |= {"saved": saved_cohort(), "filters_text": print_text(chosen_filters(chosen.form)), "outside": True}
    shown |= {"left_out": left_out([part for _site, part in chosen.parts])}
    others = [site for site in everyone if site.large() and site.id not in following]
    side_by_side = by_site.by_site(whole, chosen.lines)
    return render_template(
        "clinician/registry.html", board=whole, lines=chosen.lines, item=side_by_side, others=others, **shown
    )


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
    return _file(code, *CSV)


@bp.get("/registry/figures/<code>.svg")
@staff_page
def drawing(code: str) -> Reply:
    """The drawing of one figure."""
    return _file(code, *SVG)


def _page(code: str) -> Reply:
    section = BY_CODE.get(code) or abort(404)
    everyone = granted_sites()
    chosen = _chosen(_named(everyone), lambda _rule: section)
    if chosen is None:
        return _nothing(everyone)
    named = [site for site in everyone if site.large()]
    return dashboard_page(chosen.board, chosen.form, chosen.protocols, HERE, sites=named, outside=True)


def _file(code: str, kind: str, ending: str, content: Callable[[Figure], str]) -> Reply:
    def part(rule: Rule) -> Section | None:
        return BY_CODE[OVERVIEW] if code == by_site.CODE else section_of(code, rule.scale)

    chosen = _chosen(_named(granted_sites()), part) or abort(404)
    if code == by_site.CODE:
        return file_of(chosen.board, by_site.by_site(chosen.board, chosen.lines), kind, ending, content)
    return file_of(chosen.board, chosen.board.figure(code) or abort(404), kind, ending, content)


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
    if too_fine := refused(filters):
        abort(422, too_fine)
    following = [site for site in from_sites if site.follows(protocol)]
    parts = [(site, part_of(site, protocol, filters, rule, section, now=now)) for site in following]
    return Chosen(form, protocols, parts, rule, section, alone=bool(request.args.get("site")))


def _nothing(everyone: Sequence[Site]) -> str:
    return render_template("clinician/registry_empty.html", sites=everyone)
