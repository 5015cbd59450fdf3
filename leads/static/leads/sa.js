// What every page of the console does: times, keys, the menu, toasts. Others import from here; this imports nothing.

// The server shows every time in the zone of this browser; it reads it from here.
const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
if (zone && !document.cookie.split("; ").includes(`zone=${zone}`)) {
  document.cookie = `zone=${zone}; path=/; max-age=31536000; samesite=lax`;
}

export function csrf() {
  const field = document.querySelector("input[name=csrfmiddlewaretoken]");
  return field ? field.value : "";
}

/** POST a form or an object; the answer as the browser gives it. */
export function post(address, data = {}) {
  const body = data instanceof FormData ? data : new URLSearchParams(data);
  return fetch(address, {
    method: "POST",
    body,
    headers: { "X-CSRFToken": csrf(), "X-Requested-With": "fetch" },
    credentials: "same-origin",
  });
}

const MOST_TOASTS = 4;

/** A quiet word at the edge of the page, which makes room for newer ones unless it `stays`. `action`: {text, run} or {text, address}. */
export function toast(text, { tone = "", action = null, seconds = 7, stays = false } = {}) {
  const place = document.getElementById("sa-toasts");
  if (!place) return null;
  const item = document.createElement("div");
  item.className = `sa-toast ${tone ? `sa-toast--${tone}` : ""}`;
  item.toggleAttribute("data-stays", stays);
  const words = document.createElement("span");
  words.textContent = text;
  item.append(words);
  if (action) {
    const button = document.createElement(action.address ? "a" : "button");
    button.className = "sa-link";
    button.textContent = action.text;
    if (action.address) button.href = action.address;
    else {
      button.type = "button";
      button.addEventListener("click", () => {
        item.remove();
        action.run();
      });
    }
    item.append(button);
  }
  const close = document.createElement("button");
  close.type = "button";
  close.className = "sa-iconbutton";
  close.setAttribute("aria-label", "Dismiss");
  close.innerHTML = '<span class="sa-icon" aria-hidden="true">close</span>';
  close.addEventListener("click", () => item.remove());
  item.append(close);
  place.append(item);
  const others = [...place.querySelectorAll(":scope > :not([data-stays])")];
  for (const old of others.slice(0, Math.max(0, place.children.length - MOST_TOASTS))) old.remove();
  if (stays) return item;
  let left = seconds;
  const timer = setInterval(() => {
    // Whoever is reading or about to press is given the time.
    if (item.matches(":hover, :focus-within")) return;
    left -= 1;
    if (left <= 0 || !item.isConnected) {
      clearInterval(timer);
      item.remove();
    }
  }, 1000);
  return item;
}

// Texts that somebody typed and has not saved. They are about prospects: gone after a day, and when the person logs out.
const UNSAVED = "sa-unsaved-";
const DAY = 86_400_000; // milliseconds
export const unsaved = {
  keep: (name, kept) => localStorage.setItem(UNSAVED + name, JSON.stringify({ ...kept, at: Date.now() })),
  drop: (name) => localStorage.removeItem(UNSAVED + name),
  find(name) {
    try {
      return JSON.parse(localStorage.getItem(UNSAVED + name));
    } catch {
      return null;
    }
  },
};
function forgetUnsaved(which) {
  for (const key of Object.keys(localStorage)) {
    if (key.startsWith(UNSAVED) && which(unsaved.find(key.slice(UNSAVED.length)))) localStorage.removeItem(key);
  }
}
forgetUnsaved((kept) => !(Date.now() - kept?.at < DAY));
document.getElementById("sa-logout")?.addEventListener("submit", () => forgetUnsaved(() => true));

/** Whether a single key may act now: not while somebody types, in a dialog, or has switched them off. */
export function keysAct(event) {
  if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return false;
  if (localStorage.getItem("sa-keys") === "off") return false;
  if (document.querySelector("dialog[open]")) return false;
  return !event.target.closest?.("input, textarea, select, [contenteditable]");
}

const UNITS = [["d", 86400, 2], ["h", 3600, 1], ["min", 60, 1]];
function ago(seconds) {
  if (Math.abs(seconds) < 5) return "now";
  const size = Math.abs(seconds);
  const [unit, length] = UNITS.find(([, length, least]) => size >= length * least) || ["s", 1];
  const text = `${Math.floor(size / length)} ${unit}`;
  return seconds > 0 ? `${text} ago` : `in ${text}`;
}
// By the server's clock, as this page's load tells it: a countdown must not depend on how a laptop's clock goes.
const AHEAD = (Date.parse(document.querySelector(".sa-shell")?.dataset.now) || Date.now()) - Date.now();
export function secondsUntil(moment) {
  return (Date.parse(moment) - Date.now() - AHEAD) / 1000;
}
export function leftUntil(moment) {
  const seconds = Math.ceil(secondsUntil(moment));
  if (seconds <= 0) return "now";
  if (seconds < 120) return `${seconds} s`;
  return seconds < 7200 ? `${Math.round(seconds / 60)} min` : `${Math.round(seconds / 3600)} h`;
}
function countDown() {
  for (const time of document.querySelectorAll('time[data-style="left"]')) {
    const text = leftUntil(time.dateTime);
    if (time.textContent !== text) time.textContent = text;
  }
}
setInterval(countDown, 1000);
export function refreshTimes() {
  countDown();
  const now = Date.now();
  for (const time of document.querySelectorAll('time[data-style="ago"]')) {
    const text = ago((now - Date.parse(time.dateTime)) / 1000);
    if (time.textContent !== text) time.textContent = text;
  }
}
setInterval(refreshTimes, 5000);

// The menu of a small screen.
for (const button of document.querySelectorAll("[data-nav-toggle]")) {
  button.addEventListener("click", () => menu(!document.body.classList.contains("sa-nav-open")));
}
function menu(open) {
  document.body.classList.toggle("sa-nav-open", open);
  const button = document.querySelector(".sa-header__menu");
  button?.setAttribute("aria-expanded", String(open));
  if (open) document.querySelector(".sa-sidebar a")?.focus();
  else button?.focus();
}
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && document.body.classList.contains("sa-nav-open")) menu(false);
});

// Dialogs, opened by a button that names them.
document.addEventListener("click", (event) => {
  const opener = event.target.closest?.("[data-opens]");
  if (opener) {
    event.preventDefault();
    const dialog = document.getElementById(opener.dataset.opens);
    dialog?.showModal();
    dialog?.querySelector("[autofocus], input:not([type=hidden]), textarea")?.focus();
  }
  const closer = event.target.closest?.("[data-closes]");
  if (closer) closer.closest("dialog")?.close();
  const copier = event.target.closest?.("[data-copy]");
  if (copier) {
    const source = document.getElementById(copier.dataset.copy);
    navigator.clipboard?.writeText(source?.value ?? source?.textContent.trim() ?? "").then(
      () => toast("Copied."),
      () => toast("The browser would not copy; select the text instead.", { tone: "bad" }),
    );
  }
});

// Long tables on small screens scroll by themselves; who uses a keyboard must be able to, too.
for (const area of document.querySelectorAll(".sa-scroll")) {
  if (area.scrollWidth > area.clientWidth) area.tabIndex = 0;
}

/** On a narrow screen tabs stand in one row that scrolls: the current one is in view. */
export function showTabs() {
  for (const current of document.querySelectorAll(".sa-tabs [aria-current]")) {
    const row = current.closest(".sa-tabs");
    const [outer, inner] = [row.getBoundingClientRect(), current.getBoundingClientRect()];
    row.scrollLeft += inner.left - outer.left - (outer.width - inner.width) / 2;
  }
}
showTabs();

// `g` and a letter goes to a page, `?` shows the keys.
const GOTO = { h: "Home", d: "Review", o: "Outbox", r: "Runs", e: "Errors", l: "Leads", w: "Webhooks" };
let leader = 0;
document.addEventListener("keydown", (event) => {
  if (!keysAct(event)) return;
  if (event.key === "g") {
    leader = Date.now();
    return;
  }
  if (Date.now() - leader < 1200 && GOTO[event.key]) {
    const link = [...document.querySelectorAll(".sa-nav a")].find((one) => one.innerText.includes(GOTO[event.key]));
    if (link) {
      event.preventDefault();
      event.stopImmediatePropagation();
      window.location.assign(link.href);
    }
  }
  leader = 0;
  if (event.key === "?" && !document.body.dataset.ownKeys) {
    event.preventDefault();
    document.getElementById("sa-keys")?.showModal();
  }
}, true);
for (const off of document.querySelectorAll("[data-keys-off]")) {
  off.checked = localStorage.getItem("sa-keys") === "off";
  off.addEventListener("change", () => localStorage.setItem("sa-keys", off.checked ? "off" : "on"));
}
