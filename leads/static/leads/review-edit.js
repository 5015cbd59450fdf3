// Editing a draft: checked by the server while it is typed, never lost, saved against the version that was seen.
import { post, toast } from "./sa.js";

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

export function editor({ ask, say, reload, show, changed }) {
  let form = null;
  let original = "";
  let originalChecks = "";
  let timer = 0;
  let running = null;

  const draft = () => document.getElementById("review-draft");
  const checks = () => document.getElementById("review-checks");
  const key = () => `sa-review-${draft()?.dataset.id}`;
  const words = () => new URLSearchParams(new FormData(form)).toString();
  const isOpen = () => Boolean(form && !form.hidden);
  const stored = () => (form ? localStorage.getItem(key()) : null);

  function attach(article) {
    form = article.querySelector("#review-edit");
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
    if (stored()) restore(new URLSearchParams(stored()));
    toggle(true);
    show("draft");
    check();
    const body = form.elements.body;
    body.focus();
    body.setSelectionRange(0, 0);
    body.scrollTop = 0;
    say("Editing. Control and Enter saves, Escape leaves.");
  }

  function restore(kept) {
    for (const field of form.elements) {
      if (field.type === "checkbox") field.checked = kept.getAll(field.name).includes(field.value);
      else if (field.name === "subject" || field.name === "body") field.value = kept.get(field.name) ?? field.value;
    }
  }

  function toggle(on) {
    form.hidden = !on;
    draft().querySelector(".sa-review__reading").hidden = on;
    draft().classList.toggle("sa-review__draft--edited", on);
    for (const button of document.querySelectorAll("#review-actions [data-act]")) {
      const own = ["save", "leave"].includes(button.dataset.act);
      button.hidden = own !== on && button.dataset.act !== "help";
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
    if (stored()) toast("Not saved; your text is kept here.", { action: { text: "Go on", run: open } });
    if (focus) document.getElementById("review-subject").focus();
    changed();
  }

  function discard() {
    localStorage.removeItem(key());
    restore(new URLSearchParams(original));
    remind();
    toast("Thrown away.");
  }

  function typed() {
    if (words() === original) localStorage.removeItem(key());
    else localStorage.setItem(key(), words());
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
    const wasOpen = checks().querySelector("details")?.open;
    checks().innerHTML = told.html;
    if (wasOpen) checks().querySelector("details").open = true;
    fault(told.fault);
  }

  function fault(text) {
    const place = document.getElementById("edit-fault");
    place.textContent = text;
    place.hidden = !text;
  }

  async function save() {
    if (!isOpen()) return;
    clearTimeout(timer);
    const told = await ask(draft().dataset.id, "edit", new FormData(form));
    if (!told) return;
    const same = String(told.version) === draft().dataset.version;
    localStorage.removeItem(key());
    leave();
    toast(same ? "Nothing was changed." : "Saved. The draft in Gmail follows.", { tone: "good" });
    await reload();
  }

  return {
    attach, open, leave, discard, save, isOpen,
    hasUnsaved: () => Boolean(stored()),
    possible: () => Boolean(form?.isConnected),
  };
}
