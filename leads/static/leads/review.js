// The Review page: goes from draft to draft without a reload, and asks the server to do what a reviewer decides.
import { keysAct, post, toast } from "./sa.js";
import { editor } from "./review-edit.js";
import { connectEvidence } from "./review-evidence.js";
import { follow } from "./review-leaving.js";

const root = document.getElementById("review");
const panes = document.getElementById("review-panes");
const says = document.getElementById("review-says");
const { base, query } = root.dataset;
const SETTLES = 5000; // ms in which a queue may arrive that was drawn before a verdict
const ON_ITS_WAY = new Set(["scheduled", "sending"]);
const decided = []; // verdicts and edits of this page, for Undo
const ahead = new Map(); // drafts that are fetched before they are asked for
let viewers = {};
let busy = false;
let beaten = 0;
let lastWord = null;
let tab = "tab-letter";
let heading = null; // the draft that the page is on its way to
let turn = 0; // an answer for an earlier turn comes too late

const draft = () => document.getElementById("review-draft");
const current = () => draft()?.dataset.id;
const lines = () => [...root.querySelectorAll("a[data-draft]")];
const ids = () => lines().map((line) => line.dataset.draft);
const note = (name) => draft()?.querySelector(`[data-note=${name}]`);
const say = (words) => { says.textContent = words; };

// Going from draft to draft ---------------------------------------------------------------------------------------
function beside(id, step) {
  const all = ids();
  const place = all.indexOf(id);
  return place < 0 ? all[0] : all[place + step];
}

async function fetched(id) {
  const answer = await fetch(`${base}${id}/panes/`, { credentials: "same-origin" });
  if (!answer.ok || answer.redirected) throw new Error(answer.status === 404 ? "gone" : "lost");
  return answer.text();
}

function prefetch(id) {
  if (id && !ahead.has(id)) ahead.set(id, fetched(id).catch(() => null));
}

async function go(id, { push = true, fresh = false } = {}) {
  if (!id) return;
  const left = current();
  const mine = ++turn;
  heading = id;
  edit.leave();
  if (fresh) ahead.delete(id);
  prefetch(id);
  let html = await ahead.get(id);
  if (mine !== turn) return;
  ahead.delete(id);
  if (html === null) html = await fetched(id).catch(() => null);
  if (mine !== turn) return;
  heading = null;
  if (html === null) {
    toast("This draft could not be loaded. It may be gone, or the connection is.", { tone: "bad" });
    return;
  }
  panes.innerHTML = html;
  if (push) history.pushState({ id }, "", `${base}${id}/${query}`);
  show("draft");
  arrived(left);
  document.getElementById("review-subject").focus({ preventScroll: true });
  say(`${placeOf(id)} ${draft().dataset.name}: ${document.getElementById("review-subject").textContent}`);
}

/** What a draft on the page needs, however it came there. */
function arrived(left = "") {
  choose(document.getElementById(tab) ? tab : "tab-letter");
  connectEvidence(draft(), document.getElementById("review-evidence"), { onKey, onTouch: () => show("evidence") });
  edit.attach(draft());
  mark();
  beat(left && left !== current() ? left : "");
  prefetch(beside(current(), 1));
}

function nothingLeft() {
  panes.innerHTML = document.getElementById("review-none").innerHTML;
  history.pushState({}, "", `${base}${query}`);
  mark();
  document.getElementById("review-subject").focus();
  say("All drafts are reviewed.");
}

function placeOf(id) {
  const place = ids().indexOf(id);
  return place < 0 ? "" : `${place + 1} of ${ids().length}`;
}

/** The queue and the buttons as they fit the draft on the page. */
function mark() {
  const id = current();
  for (const line of lines()) {
    const here = line.dataset.draft === id;
    line.toggleAttribute("aria-current", here);
    if (here) {
      line.setAttribute("aria-current", "true");
      line.scrollIntoView({ block: "nearest" });
    }
  }
  const place = draft()?.querySelector("[data-place]");
  if (place) place.textContent = id ? placeOf(id) : "";
  const ready = draft()?.dataset.status === "ready";
  for (const name of ["approve", "reject"]) enable(name, ready);
  enable("edit", ready && edit.possible());
  enable("undo", decided.length > 0 || mayTakeBack());
  outlook();
  count(edit.fails() ?? Number(draft()?.dataset.fails ?? 0));
  enable("next", ids().some((one) => one !== id));
  enable("previous", ids().indexOf(id) > 0);
  tellViewers();
}

const mayTakeBack = () => Boolean(draft()?.dataset.undo);

/** What approving the draft on the page does: for as long as it can be approved. */
function outlook() {
  const place = document.getElementById("review-mode");
  const { status, approving, sends } = draft()?.dataset ?? {};
  place.hidden = status !== "ready";
  place.classList.toggle("sa-review__mode--sends", Boolean(sends));
  place.querySelector(".sa-icon").textContent = sends ? "send" : "verified_user";
  place.querySelector("[data-words]").textContent = approving ?? "";
}

function enable(name, on) {
  const button = document.querySelector(`#review-actions [data-act=${name}]`);
  if (button) button.disabled = !on;
}

// Who else looks ---------------------------------------------------------------------------------------------------
async function beat(left = "") {
  const id = current();
  if (!id || heading || busy || document.hidden) return;
  beaten = Date.now();
  const answer = await post(`${base}${id}/here/`, { left, queue: ids().join(",") }).catch(() => null);
  const told = answer?.ok ? await answer.json().catch(() => null) : null;
  if (!told || id !== current() || heading || busy) return;
  viewers = told.viewers;
  tellViewers();
  const { version, mailbox, status } = draft().dataset;
  Object.assign(draft().dataset, { approving: told.approving, sends: told.sends ? "yes" : "" });
  outlook();
  const isSame = String(told.version) === version && told.status === status;
  if (isSame && (told.mailbox === mailbox || edit.isOpen())) return;
  if (edit.isOpen()) refused("Somebody has changed this draft while you edit it. Your text is kept.", { isConflict: true });
  else go(id, { push: false, fresh: true });
}

function tellViewers() {
  const open = (names) => `${names.join(" and ")} ${names.length > 1 ? "have" : "has"} this open`;
  for (const line of lines()) {
    const place = line.querySelector("[data-viewers]");
    const names = viewers[line.dataset.draft];
    place.hidden = !names;
    place.textContent = names ? open(names) : "";
  }
  const warning = note("viewers");
  const names = viewers[current()];
  if (!warning) return;
  warning.hidden = !names;
  const words = names ? `${open(names)}.` : "";
  if (warning.lastElementChild.textContent !== words) {
    warning.lastElementChild.textContent = words;
    if (words) say(words);
  }
}

setInterval(beat, Number(root.dataset.every) * 1000);
document.addEventListener("visibilitychange", () => beat());
document.addEventListener("sa:changed", () => {
  if (Date.now() - beaten > 5000 || ON_ITS_WAY.has(draft()?.dataset.status)) beat();
});
window.addEventListener("pagehide", () => {
  const data = new FormData();
  data.set("csrfmiddlewaretoken", document.querySelector("input[name=csrfmiddlewaretoken]").value);
  data.set("gone", "1");
  if (current()) navigator.sendBeacon(`${base}${current()}/here/`, data);
});

// Verdicts ---------------------------------------------------------------------------------------------------------
/** A refusal stands on the draft that it is about. */
function refused(words, { isConflict = false } = {}) {
  const place = note("refused");
  place.querySelector("[data-words]").textContent = words;
  place.querySelector("button").hidden = !isConflict;
  place.hidden = false;
  place.scrollIntoView({ block: "nearest" });
}

/** POST to the draft on the page; the answer's JSON, or null when it was refused and that was said. */
async function ask(id, what, data) {
  if (busy) return null;
  busy = true;
  try {
    const answer = await post(`${base}${id}/${what}/`, data);
    const told = await answer.json().catch(() => ({}));
    if (answer.ok) return told;
    const words = told.message || "That did not work. You may be logged out: reload the page.";
    if (told.message && id === current()) refused(words, { isConflict: answer.status === 409 });
    else toast(words, { tone: "bad", seconds: 12 });
    say(words);
  } catch {
    toast("The server could not be reached. Nothing was changed.", { tone: "bad" });
  } finally {
    busy = false;
  }
  return null;
}

async function decide(what, data, done) {
  const id = current();
  if (!id || heading || draft().dataset.status !== "ready") return;
  if (edit.hasUnsaved()) {
    toast("There is text here that is not saved. Save it, or throw it away, then decide.", { tone: "bad" });
    return;
  }
  const from = draft().dataset.version;
  const told = await ask(id, what, { version: from, ...data });
  if (!told) {
    if (what === "approve" && Number(draft()?.dataset.fails)) lightFailures();
    return;
  }
  remember({ id, from, version: told.version, what: "reopen" }, said(done, told), "good", told.due);
  const after = beside(id, 1) || beside(id, -1);
  lines().find((line) => line.dataset.draft === id)?.closest("li").remove();
  ahead.delete(id);
  if ((heading ?? current()) !== id) return; // they have gone on by themselves
  if (after) await go(after);
  else nothingLeft();
}

const said = (done, told) => [`${done}: ${told.name}`, told.said].filter(Boolean).join(". ");

/** A queue that was drawn before a verdict does not bring the draft back. */
function settle() {
  const since = Date.now() - SETTLES;
  const over = new Set(decided.filter(({ what, at }) => what === "reopen" && at > since).map(({ id }) => id));
  for (const line of lines()) if (over.has(line.dataset.draft)) line.closest("li").remove();
}

/** What was done, so that it can be undone: by its toast, or by key, the last one first. */
function remember(deed, words, tone, due = "") {
  decided.push(Object.assign(deed, { at: Date.now() }));
  lastWord?.remove();
  const action = { text: "Undo", run: () => undo(deed) };
  lastWord = toast(words, { tone, action, stays: Boolean(due) });
  if (due && lastWord) follow(lastWord, { due, at: `${base}${deed.id}/`, over: () => forget(deed), open: () => go(deed.id, { fresh: true }) });
}

function forget(deed) {
  if (decided.includes(deed)) decided.splice(decided.indexOf(deed), 1);
  mark();
}

async function undo(deed = decided.at(-1)) {
  if (!deed && (heading || !mayTakeBack())) return false;
  const { id, version, what = "reopen", revision = "" } = deed || draft()?.dataset || {};
  if (!id) return false;
  if (deed) decided.splice(decided.indexOf(deed), 1);
  lastWord?.remove();
  const told = await ask(id, what, { version, revision });
  if (!told) return false;
  // What was done to it right before this can be undone next.
  for (const one of decided) if (deed && one.id === id && String(one.version) === String(deed.from)) one.version = told.version;
  toast(`Taken back: ${told.name}`);
  await go(id, { fresh: true });
  return true;
}

/** Of the draft on the page, whoever decided on it; else the last thing that was done here. */
const takeBack = () => undo(mayTakeBack() ? (decided.find((one) => one.id === current()) ?? null) : undefined);

/** Ask for something that changes how the draft on the page stands, and show it. */
async function change(what, data, words) {
  const { id, version } = draft().dataset;
  const told = await ask(id, what, { version, ...data });
  if (!told) return;
  if (told.due) remember({ id, from: version, version: told.version, what: "reopen" }, said(words, told), "good", told.due);
  else toast(`${words}: ${told.name}`, { tone: "good" });
  await acts.reload();
}

/** The checks that fail, where the eye is led to them. */
function lightFailures() {
  show("evidence");
  const list = document.getElementById("review-checks");
  list.classList.remove("sa-review__lit");
  void list.offsetWidth; // so that it lights up again
  list.classList.add("sa-review__lit");
  list.scrollIntoView({ block: "start" });
}

/** How many checks keep the draft from being approved, where they are out of sight. */
function count(fails) {
  const words = fails === 1 ? "A check fails" : `${fails} checks fail`;
  const strip = document.getElementById("review-fails");
  strip.hidden = !fails || !edit.isOpen();
  strip.querySelector("[data-words]").textContent = words;
  const badge = root.querySelector("[data-fails-count]");
  badge.hidden = !fails;
  badge.textContent = fails;
  badge.setAttribute("aria-label", words);
}

const rejecting = document.getElementById("review-reject");
function reject(reason) {
  if (!reason.trim()) return;
  rejecting.close();
  decide("reject", { reason }, "Rejected");
}
rejecting?.addEventListener("keydown", (event) => {
  const field = document.getElementById("reject-reason");
  const quick = [...rejecting.querySelectorAll("[data-reason]")][Number(event.key) - 1];
  if (!quick || event.ctrlKey || event.metaKey || event.altKey || field.value) return;
  event.preventDefault();
  reject(quick.dataset.reason);
});
rejecting?.addEventListener("click", (event) => {
  const quick = event.target.closest("[data-reason]");
  if (quick) reject(quick.dataset.reason);
});
document.getElementById("review-reject-form")?.addEventListener("submit", (event) => {
  event.preventDefault();
  reject(document.getElementById("reject-reason").value);
});

// Keys and buttons -------------------------------------------------------------------------------------------------
const acts = {
  approve: () => decide("approve", {}, "Approved"),
  reject() {
    if (edit.hasUnsaved()) return decide("reject", {}, "");
    document.getElementById("review-reject-form").reset();
    rejecting.showModal();
    return document.getElementById("reject-reason").focus();
  },
  failures: () => lightFailures(),
  edit: () => edit.open(),
  save: () => edit.save(),
  leave: () => edit.leave({ focus: true }),
  discard: () => edit.discard(),
  mine: () => edit.mine(),
  theirs: () => edit.theirs(),
  undo: () => takeBack(),
  reopen: () => takeBack(),
  async amend() {
    if (await takeBack()) edit.open();
  },
  send: () => change("send", {}, "Sending"),
  sent: () => change("settle", { sent: "yes" }, "Noted as sent"),
  unsent: () => change("settle", { sent: "no" }, "Not sent, and back in review"),
  next: () => go(beside(heading ?? current(), 1)),
  previous: () => go(beside(heading ?? current(), -1)),
  async bring() {
    if (await ask(current(), "bring", {})) await acts.reload();
  },
  reload: () => go(current(), { push: false, fresh: true }),
  help: () => document.getElementById("review-keys").showModal(),
};
const KEYS = { a: "approve", e: "edit", r: "reject", u: "undo", x: "discard", j: "next", k: "previous", "?": "help" };
const ANYTIME = new Set(["next", "previous", "undo", "help"]);

/** On the way to another draft, nothing is done to the one that is still on the page. */
function perform(name) {
  if (!heading || ANYTIME.has(name)) acts[name]();
}

function onKey(event) {
  const name = KEYS[event.key];
  if (!name || event.repeat || edit.isOpen() || !keysAct(event)) return;
  const buttons = [...root.querySelectorAll(`[data-act=${name}]`)];
  if (!buttons.some((button) => button.checkVisibility() && !button.disabled)) return;
  event.preventDefault();
  perform(name);
}
document.body.dataset.ownKeys = "yes";
document.addEventListener("keydown", onKey);

root.addEventListener("click", (event) => {
  const button = event.target.closest("[data-act]");
  if (button) perform(button.dataset.act);
  const shown = event.target.closest("[data-show]");
  if (shown) show(shown.dataset.show);
  const chosen = event.target.closest("[role=tab]");
  if (chosen) choose(chosen.id);
  const line = event.target.closest("a[data-draft], a[data-leaving]");
  if (line && !event.ctrlKey && !event.metaKey && !event.shiftKey) {
    event.preventDefault();
    go(line.dataset.draft ?? line.dataset.leaving);
  }
});

/** On a small screen one part is shown at a time. */
function show(pane) {
  root.dataset.pane = pane;
  for (const button of root.querySelectorAll("[data-show]")) {
    if (button.dataset.show === pane) button.setAttribute("aria-current", "true");
    else button.removeAttribute("aria-current");
  }
}

function choose(id) {
  if (!document.getElementById(id)) return;
  tab = id;
  for (const one of panes.querySelectorAll("[role=tab]")) {
    const chosen = one.id === id;
    one.setAttribute("aria-selected", String(chosen));
    one.tabIndex = chosen ? 0 : -1;
    document.getElementById(one.getAttribute("aria-controls")).hidden = !chosen;
  }
}
panes.addEventListener("keydown", (event) => {
  if (!event.target.matches?.("[role=tab]") || !["ArrowLeft", "ArrowRight"].includes(event.key)) return;
  const all = [...panes.querySelectorAll("[role=tab]")];
  const next = all[(all.indexOf(event.target) + (event.key === "ArrowRight" ? 1 : all.length - 1)) % all.length];
  choose(next.id);
  next.focus();
});

// The beginning ----------------------------------------------------------------------------------------------------
const edit = editor({ user: root.dataset.user, ask, say, reload: acts.reload, show, changed: mark, saved: remember });
new MutationObserver(() => {
  settle();
  mark();
  prefetch(beside(current(), 1));
}).observe(root.querySelector("[data-live]"), { childList: true });
window.addEventListener("popstate", () => {
  const id = window.location.pathname.slice(base.length).split("/")[0] || ids()[0];
  if (id) go(id, { push: false });
});
if (current()) {
  history.replaceState({ id: current() }, "", `${base}${current()}/${query}`);
  arrived();
} else mark();
