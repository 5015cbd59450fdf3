"""The Review page: queue, draft, evidence; and what a reviewer does there, each a use case. Scripts get JSON.

Every view, also of a fragment or a frame, asks for the permission itself.
"""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render as render_template
from django.template.loader import render_to_string
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_POST, require_safe

from leads import departures, drafts, editing, presence, verdicts
from leads.console.live import Viewer, region
from leads.console.pages import page, person, render
from leads.identifiers import SMALL, identifier
from leads.models import Draft
from leads.outlook import outlook, standing
from leads.review import Opened, opened, wording_from
from leads.review_queue import MOST, Filters, choices, queue_of

type Act = Callable[[Draft, int], object]

SEE, ACT = "leads.view_draft", "leads.review_draft"
AGAIN = "leads.restart_run"
GONE = "This draft is no longer there."
QUICK_REASONS = (
    "Doesn't answer what they asked",
    "Says something that isn't so",
    "Wrong tone",
    "Not worth a reply",
    "Already handled",
)
# The letter is text from outside: no script, no form, nothing from anywhere but its own style sheet.
LETTER_POLICY = (
    "default-src 'none'; style-src 'self'; font-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'self'; sandbox allow-same-origin allow-popups allow-popups-to-escape-sandbox"
)


@page("review/", "review", SEE)
@require_safe
def review(request: HttpRequest) -> HttpResponse:
    """The draft that is to be read next."""
    filters = Filters.of(request.GET.dict())
    return show(request, filters, filters.first())


@page("review/<int:pk>/", "review_draft", SEE)
@require_safe
def review_draft(request: HttpRequest, pk: int) -> HttpResponse:
    return show(request, Filters.of(request.GET.dict()), pk)


def show(request: HttpRequest, filters: Filters, pk: int | None) -> HttpResponse:
    workspaces, forms = choices()
    found = find(pk) if pk else None
    return render(
        request,
        "review/page.html",
        "Review",
        filters=filters,
        workspaces=workspaces,
        forms=forms,
        opened=found,
        reasons=QUICK_REASONS,
        may_act=request.user.has_perm(ACT),
        may_restart=request.user.has_perm(AGAIN),
        every=presence.EVERY,
    )


@region("review-queue", SEE)
def draw_queue(_viewer: Viewer, argument: str) -> str:
    filters = Filters.from_argument(argument)
    return render_to_string("admin/leads/review/_queue.html", {"queue": queue_of(filters), "filters": filters})


@region("review-leaving", SEE)
def draw_leaving(_viewer: Viewer, argument: str) -> str:
    """What is going out at this moment, beside the queue."""
    filters = Filters.from_argument(argument)
    leaving = departures.leaving(int(filters.workspace) if filters.workspace else None)
    return render_to_string("admin/leads/review/_leaving.html", {"leaving": leaving})


@page("review/<int:pk>/panes/", "review_panes", SEE)
@require_safe
def panes(request: HttpRequest, pk: int) -> HttpResponse:
    """Draft and evidence, for a page that goes on to this draft."""
    context = {"opened": find(pk), "may_act": request.user.has_perm(ACT), "may_restart": request.user.has_perm(AGAIN)}
    answer = render_template(request, "admin/leads/review/_panes.html", context)
    answer["Cache-Control"] = "no-store"
    return answer


@page("review/<int:pk>/letter/", "review_letter", SEE)
@require_safe
@xframe_options_sameorigin
def letter(request: HttpRequest, pk: int) -> HttpResponse:
    """The text as the prospect will see it, in a document of its own."""
    answer = render_template(request, "admin/leads/review/letter.html", {"opened": find(pk)})
    answer["Content-Security-Policy"] = LETTER_POLICY
    answer["Cache-Control"] = "no-store"
    return answer


@page("review/<int:pk>/here/", "review_here", SEE)
@require_POST
def here(request: HttpRequest, pk: int) -> HttpResponse:
    """A sign of life of a page: who else looks at what, and how the draft stands."""
    user = person(request)
    if left := number_in(request, "left"):
        presence.left(left, user)
    draft = Draft.objects.select_related("workspace", "run", "mailbox").defer("body", "checks").filter(pk=pk).first()
    if draft is None:
        return JsonResponse({"message": GONE}, status=HTTPStatus.NOT_FOUND)
    if request.POST.get("gone"):
        presence.left(pk, user)
    else:
        presence.here(pk, user)
    mailbox, approving = getattr(draft, "mailbox", None), outlook(draft)
    return JsonResponse(
        {
            "version": draft.version,
            "status": draft.status,
            "mailbox": mailbox.state if mailbox else "",
            "approving": approving.text,
            "sends": approving.sends,
            "viewers": presence.others(queued(request, pk), user),
        }
    )


@page("review/<int:pk>/standing/", "review_standing", SEE)
@require_safe
def stands(request: HttpRequest, pk: int) -> HttpResponse:
    """What became of a draft that was approved, for the word that counts down to it."""
    draft = Draft.objects.select_related("lead", "sending").defer("body", "checks").filter(pk=pk).first()
    if draft is None:
        return JsonResponse({"message": GONE}, status=HTTPStatus.NOT_FOUND)
    found = standing(draft)
    told = {"status": found.status, "said": found.said, "tone": found.tone, "due": found.due_at}
    return JsonResponse(told | {"may_undo": found.may_undo}, headers={"Cache-Control": "no-store"})


def queued(request: HttpRequest, pk: int) -> list[int]:
    """The drafts that the page shows."""
    given = request.POST.get("queue", "").split(",")[: MOST + 1]
    return [pk, *(number for one in given if (number := identifier(one, SMALL)) is not None)]


@page("review/<int:pk>/approve/", "review_approve", SEE, ACT)
@require_POST
def approve(request: HttpRequest, pk: int) -> HttpResponse:
    return act(request, pk, lambda draft, version: drafts.approve(draft, version=version, by=person(request)))


@page("review/<int:pk>/reject/", "review_reject", SEE, ACT)
@require_POST
def reject(request: HttpRequest, pk: int) -> HttpResponse:
    reason = request.POST.get("reason", "").strip()
    if not reason:
        return refused("Say why, so that the next drafts are better.")
    return act(
        request, pk, lambda draft, version: drafts.reject(draft, version=version, reason=reason, by=person(request))
    )


@page("review/<int:pk>/reopen/", "review_reopen", SEE, ACT)
@require_POST
def reopen(request: HttpRequest, pk: int) -> HttpResponse:
    return act(request, pk, lambda draft, version: drafts.reopen(draft, version=version, by=person(request)))


@page("review/<int:pk>/send/", "review_send", SEE, ACT)
@require_POST
def send(request: HttpRequest, pk: int) -> HttpResponse:
    """What was approved while DRAFT_ONLY was on."""
    return act(request, pk, lambda draft, version: drafts.send(draft, version=version, by=person(request)))


@page("review/<int:pk>/settle/", "review_settle", SEE, ACT)
@require_POST
def settle(request: HttpRequest, pk: int) -> HttpResponse:
    """Whether it was sent, by somebody who has looked."""
    said = request.POST.get("sent", "")
    if said not in {"yes", "no"}:
        return refused("Say whether it was sent: look into the mailbox’s sent mail.")
    by, was_sent = person(request), said == "yes"
    return act(request, pk, lambda draft, version: drafts.settle(draft, was_sent=was_sent, version=version, by=by))


@page("review/<int:pk>/bring/", "review_bring", SEE, ACT)
@require_POST
def bring(request: HttpRequest, pk: int) -> HttpResponse:
    """The edit into Gmail once more."""
    return act(request, pk, lambda draft, _version: editing.bring_again(draft, by=person(request)))


@page("review/<int:pk>/edit/", "review_edit", SEE, ACT)
@require_POST
def edit(request: HttpRequest, pk: int) -> HttpResponse:
    found = find(pk)
    if found.dossier is None:
        return refused(f"This draft can't be edited here: its checks need the facts of its run. {found.lost}")
    dossier, wording = found.dossier, wording_from(found.dossier, request.POST.dict(), *ticked(request))

    def save(draft: Draft, version: int) -> None:
        editing.save(draft, wording, dossier, version=version, by=person(request))

    return act(request, pk, save)


@page("review/<int:pk>/revert/", "review_revert", SEE, ACT)
@require_POST
def revert(request: HttpRequest, pk: int) -> HttpResponse:
    """An edit taken back."""
    found = find(pk)
    if found.dossier is None:
        return refused(f"The edit can't be taken back here: the checks need the facts of its run. {found.lost}")
    dossier, number = found.dossier, number_in(request, "revision")
    return act(
        request, pk, lambda draft, version: editing.revert(draft, number, dossier, version=version, by=person(request))
    )


@page("review/<int:pk>/check/", "review_check", SEE, ACT)
@require_POST
def check(request: HttpRequest, pk: int) -> HttpResponse:
    """The verdicts on a wording that nobody has saved."""
    found = find(pk)
    if found.dossier is None:
        return refused(f"The checks can't be run. {found.lost}")
    wording = wording_from(found.dossier, request.POST.dict(), *ticked(request))
    if wording.fault:  # the checks are not asked about a text of any length
        return JsonResponse({"html": "", "fails": 0, "fault": wording.fault})
    checks = found.dossier.check(wording.subject, wording.body, wording.times, wording.asset_ids)
    views = verdicts.fresh(checks)
    shown = {"checks": views, "is_sound": editing.is_sound(checks), "passed": verdicts.passed(views)}
    html = render_to_string("admin/leads/review/_checks.html", shown)
    return JsonResponse({"html": html, "fails": verdicts.fails(views), "fault": ""})


def ticked(request: HttpRequest) -> tuple[list[str], list[str]]:
    return request.POST.getlist("time"), request.POST.getlist("asset")


def act(request: HttpRequest, pk: int, use_case: Act) -> JsonResponse:
    """Do it to the version that the page showed; what became of it, in words that the page shows."""
    draft = Draft.objects.select_related("workspace", "run").filter(pk=pk).first()
    if draft is None:
        return JsonResponse({"message": GONE}, status=HTTPStatus.NOT_FOUND)
    try:
        use_case(draft, number_in(request, "version"))
    except drafts.Conflict as conflict:
        return JsonResponse({"message": str(conflict)}, status=HTTPStatus.CONFLICT)
    except drafts.NotPossible as why:
        return refused(str(why))
    draft = Draft.objects.select_related("workspace", "run", "lead", "sending").get(pk=pk)
    told = {"version": draft.version, "status": draft.status, "name": str(draft.lead or draft.recipient)}
    if draft.status in {Draft.Status.APPROVED, Draft.Status.SCHEDULED}:
        told |= {"said": outlook(draft).approved, "due": standing(draft).due_at}
    return JsonResponse(told | {"fails": drafts.failed(draft)})


def refused(message: str) -> JsonResponse:
    return JsonResponse({"message": message}, status=HTTPStatus.UNPROCESSABLE_ENTITY)


def number_in(request: HttpRequest, name: str) -> int:
    return identifier(request.POST.get(name, ""), SMALL) or 0


def find(pk: int) -> Opened:
    try:
        return opened(pk)
    except Draft.DoesNotExist:
        raise Http404(f"There is no draft {pk}.") from None
