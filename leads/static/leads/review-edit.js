// Editing a draft: checked by the server while it is typed, never lost, saved against the version that was seen.
import { post, toast, unsaved } from "./sa.js";

const PAUSE = 400; // milliseconds after the last key
const BULLET = "- ";

const bare = (row) => row.trim().replace(/^[-*•]+/, "").trim();

/** The text without the row of `line`, or with it, behind the last row of its kind, else before the closing. */
export function withLine(text, line, kin, closing, on) {
  const rows = text.split("\n");
  if (!on) return rows.filter((row) => bare(row) !== line).join("\n");
  if (rows.some((row) => bare(row) === line)) return text;
  const last = rows.reduce((place, row, at) => (kin.includes(bare(row)) ? at : place), -1);
  if (last >= 0) rows.splice(last + 1, 0, BULLET + line);
  else {
    const end = rows.findLastIndex((row) => closing && row.trim() === closing.trim());
    rows.splice(end < 0 ? rows.length : end, 0, BULLET + line, "");
  }
  return rows.join("\n");
}

export function editor({ user, ask, say, reload, show, changed, saved }) {
  let form = null;
  let original = "";
  let originalChecks = "";
  let timer = 0;
  let running = null;
  let failing = null; // how many checks the text as it is typed fails

  const draft = () => document.getElementById("review-draft");
  const checks = () => document.getElementById("review-checks");
  const key = () => `${user}-${draft()?.dataset.id}`;
  const words = () => new URLSearchParams(new FormData(form)).toString();
  const isOpen = () => Boolean(form && !form.hidden);
  const stored = () => (form ? unsaved.find(key()) : null);

  function attach(article) {
    form = article.querySelector("#review-edit");
    failing = null;
    if (!form) return;
    original = words();
    originalChecks = checks().innerHTML;
    form.addEventListener("input", typed);
    form.addEventListener("change", ticked);
    form.addEventListener("submit", (event) => event.preventDefault());
    form.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
        event.preventDefault();
        save();
      } else if (event.key === "Escape") {
        event.preventDefault();
        leave({ focus: true });
      }
    });
    remind();
  }

  function remind() {
    const note = draft()?.querySelector("[data-note=unsaved]");
    if (note) note.hidden = !stored() || isOpen();
  }

  function open() {
    if (!form || isOpen()) return;
    const kept = stored();
    if (kept) restore(kept.words);
    stale(form.elements.version.value !== draft().dataset.version);
    toggle(true);
    show("draft");
    check();
    const body = form.elements.body;
    body.focus();
    body.setSelectionRange(0, 0);
    body.scrollTop = 0;
    say("Editing. Control and Enter saves, Escape leaves.");
  }

  /** The version comes with the words: it is the one that they were written over, so a newer one is a conflict. */
  function restore(words) {
    const kept = new URLSearchParams(words);
    for (const field of form.elements) {
      if (field.type === "checkbox") field.checked = kept.getAll(field.name).includes(field.value);
      else if (field.name) field.value = kept.get(field.name) ?? field.value;
    }
  }

  function stale(is) {
    document.getElementById("edit-stale").hidden = !is;
  }

  /** Who has seen that the draft changed under their text may save it over what stands now. */
  function mine() {
    form.elements.version.value = draft().dataset.version;
    stale(false);
    typed();
    form.elements.body.focus();
  }

  function theirs() {
    discard();
    stale(false);
    check();
    form.elements.body.focus();
  }

  function toggle(on) {
    form.hidden = !on;
    draft().querySelector(".sa-review__reading").hidden = on;
    draft().classList.toggle("sa-review__draft--edited", on);
    for (const button of document.querySelectorAll("#review-actions [data-act]")) {
      const own = ["save", "leave"].includes(button.dataset.act);
      button.hidden = own !== on && !["help", "failures"].includes(button.dataset.act);
    }
    remind();
  }

  /** Back to reading. What was typed is kept in this browser until it is saved or thrown away. */
  function leave({ focus = false } = {}) {
    if (!isOpen()) return;
    clearTimeout(timer);
    running?.abort();
    toggle(false);
    checks().innerHTML = originalChecks;
    failing = null;
    if (stored()) toast("Not saved; your text is kept here.", { action: { text: "Go on", run: open } });
    if (focus) document.getElementById("review-subject").focus();
    changed();
  }

  function discard() {
    unsaved.drop(key());
    restore(original);
    remind();
    toast("Thrown away.");
  }

  function typed() {
    if (words() === original) unsaved.drop(key());
    else unsaved.keep(key(), { words: words() });
    clearTimeout(timer);
    timer = setTimeout(check, PAUSE);
  }

  function ticked(event) {
    const box = event.target;
    if (box.type !== "checkbox") return;
    const kin = [...form.querySelectorAll(`[name=${box.name}]`)].map((one) => one.dataset.line);
    const body = form.elements.body;
    body.value = withLine(body.value, box.dataset.line, kin, body.dataset.closing, box.checked);
    typed();
  }

  async function check() {
    running?.abort();
    running = new AbortController();
    const mine = running;
    checks().setAttribute("aria-busy", "true");
    const answer = await post(form.dataset.check, new FormData(form)).catch(() => null);
    if (mine.signal.aborted || !isOpen()) return;
    checks().removeAttribute("aria-busy");
    if (!answer?.ok) {
      fault("The checks could not be run. Your text is kept.");
      return;
    }
    const told = await answer.json();
    fault(told.fault);
    if (told.fault) return;
    const wasOpen = checks().querySelector("details")?.open;
    checks().innerHTML = told.html;
    if (wasOpen) checks().querySelector("details").open = true;
    failing = told.fails;
    changed();
  }

  function fault(text) {
    const place = document.getElementById("edit-fault");
    place.textContent = text;
    place.hidden = !text;
  }

  async function save() {
    if (!isOpen()) return;
    clearTimeout(timer);
    const name = key();
    const { id, version: from, revision } = draft().dataset;
    const told = await ask(id, "edit", new FormData(form));
    if (!told) return;
    unsaved.drop(name);
    if (name !== key()) return; // they have gone on to another draft
    leave();
    if (String(told.version) === from) toast("Nothing was changed.");
    else {
      const lacks = told.fails === 1 ? "a check fails" : `${told.fails} checks fail`;
      const words = told.fails ? `Saved, but it can't be approved: ${lacks}.` : "Saved. The draft in Gmail follows.";
      saved({ id, from, version: told.version, what: "revert", revision }, words, told.fails ? "bad" : "good");
    }
    await reload();
  }

  return {
    attach, open, leave, discard, mine, theirs, save, isOpen,
    hasUnsaved: () => Boolean(stored()),
    possible: () => Boolean(form?.isConnected),
    fails: () => (isOpen() ? failing : null),
  };
}
