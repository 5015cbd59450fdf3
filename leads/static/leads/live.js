// Keeps regions marked `data-live` up to date: one poll for the page, an answer with content only when something changed.
import { refreshTimes, showTabs, toast } from "./sa.js";

const HIDDEN = 15000;
const LOGGED_OUT = 30000;
const lost = document.getElementById("sa-lost");
const title = document.title;
const shell = document.querySelector(".sa-shell");
const EVERY = 1000 * parseFloat(shell?.dataset.every ?? "2");
let version = shell?.dataset.version ?? "";
let since = shell?.dataset.newest ?? "";
const drawn = new WeakMap();
let failures = 0;
let waiting = null; // an answer that came while somebody was in the middle of something

const regions = () => [...document.querySelectorAll("[data-live]")];
const busy = (region) =>
  region.contains(document.activeElement) && document.activeElement.matches("input, textarea, select");

function pause() {
  const every = document.hidden ? HIDDEN : EVERY;
  const slower = Math.min(2 ** failures, 8);
  return every * slower * (0.9 + 0.2 * Math.random());
}

async function poll() {
  try {
    const names = regions().map((region) => region.dataset.live);
    const query = new URLSearchParams({ v: version, since, r: names.join(",") });
    const answer = await fetch(`${shell.dataset.liveUrl}?${query}`, {
      signal: AbortSignal.timeout(8000),
      redirect: "manual",
    });
    if (answer.status === 403) {
      say("You are logged out. Reload the page to log in again.");
      setTimeout(poll, LOGGED_OUT); // perhaps in another window
      return;
    }
    if (answer.status === 200) take(await answer.json());
    else if (answer.status !== 204) throw new Error(`status ${answer.status}`);
    failures = 0;
    say("");
  } catch {
    failures += 1;
    if (failures > 1) say("Connection lost. What you see may be old. Reconnecting…");
  }
  setTimeout(poll, pause());
}

function say(text) {
  if (!lost || lost.textContent === text) return;
  lost.textContent = text;
  lost.hidden = !text;
  document.body.classList.toggle("sa-is-lost", Boolean(text));
}

function take(answer) {
  version = answer.version;
  if (since) answer.news.reverse().forEach(tell);
  since = String(answer.newest);
  count(answer.counts);
  if (document.querySelector("dialog[open]")) waiting = answer.regions;
  else draw(answer.regions);
  document.dispatchEvent(new CustomEvent("sa:changed", { detail: answer }));
}

function draw(html) {
  for (const region of regions()) {
    const next = html[region.dataset.live];
    if (next === undefined || drawn.get(region) === next) continue;
    if (busy(region)) {
      waiting = { ...waiting, [region.dataset.live]: next };
      continue;
    }
    const focus = region.contains(document.activeElement) ? document.activeElement.id || document.activeElement.getAttribute("href") : "";
    const open = [...region.querySelectorAll("details[open][id]")].map((one) => one.id);
    const was = region.textContent;
    const row = rowInHand(region);
    const mark = row && linksOf(row);
    const top = row?.getBoundingClientRect().top;
    region.innerHTML = next;
    drawn.set(region, next);
    if (region.dataset.live === "mode" && region.textContent.trim() !== was.trim()) renewBanner();
    for (const id of open) region.querySelector(`#${CSS.escape(id)}`)?.setAttribute("open", "");
    if (focus) [...region.querySelectorAll("[id], a[href]")].find((one) => one.id === focus || one.getAttribute("href") === focus)?.focus({ preventScroll: true });
    const moved = mark && [...region.querySelectorAll(row.tagName)].find((one) => linksOf(one) === mark);
    if (moved) window.scrollBy({ top: moved.getBoundingClientRect().top - top, behavior: "instant" });
  }
  refreshTimes();
  showTabs();
}

// New rows come in above: the one under the pointer, or with the focus, stays where it is on the screen.
function rowInHand(region) {
  const focused = region.contains(document.activeElement) ? document.activeElement.closest("tr, li") : null;
  return focused ?? [...region.querySelectorAll("tr:hover, li:hover")].at(-1);
}
function linksOf(row) {
  return [...row.querySelectorAll("a[href]")].map((link) => link.getAttribute("href")).join(" ");
}

// The banner has forms in it, which belong to the session: it is taken from the page itself.
async function renewBanner() {
  const banner = document.querySelector(".sa-banner");
  const answer = banner && (await fetch(window.location.href).catch(() => null));
  if (!answer?.ok) return;
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const next = page.querySelector(".sa-banner");
  if (next && !document.querySelector("dialog[open]")) banner.replaceWith(next);
}

function count(counts) {
  for (const place of document.querySelectorAll("[data-count]")) {
    const number = counts[place.dataset.count] || 0;
    place.hidden = !number;
    place.textContent = number > 99 ? "99+" : number;
    if (place.dataset.counted) {
      place.title = `${place.dataset.counted}: ${place.textContent}`;
      place.setAttribute("aria-label", place.title);
    }
  }
  entitle(counts.review);
}

function entitle(review) {
  document.title = review ? `(${review > 99 ? "99+" : review}) ${title}` : title;
}

function tell(item) {
  // Where drafts are reviewed, the queue shows what came; a toast would lie over the evidence.
  const isShown = item.tone === "good" && document.querySelector("[data-shows-drafts]");
  if (!isShown) toast(item.text, { tone: item.tone, action: { text: "Open", address: item.address } });
  if (document.hidden && window.Notification?.permission === "granted") {
    new Notification("Sales Agent", { body: item.text, tag: `event-${item.id}` });
  }
}

// Browser notifications are asked for only by whoever presses the button for them.
document.addEventListener("click", (event) => {
  if (event.target.closest?.("[data-notify]")) {
    window.Notification?.requestPermission().then((given) =>
      toast(given === "granted" ? "This browser will tell you." : "The browser does not allow it.")
    );
  }
});

document.addEventListener("close", () => catchUp(), true);
document.addEventListener("focusout", () => setTimeout(catchUp, 50));
function catchUp() {
  if (!waiting || document.querySelector("dialog[open]")) return;
  const html = waiting;
  waiting = null;
  draw(html);
}
document.addEventListener("visibilitychange", () => {
  if (!document.hidden) refreshTimes();
});

if (document.querySelector(".sa-nav")) {
  entitle(parseInt(document.querySelector("[data-count=review]:not([hidden])")?.textContent ?? "0", 10));
  setTimeout(poll, EVERY);
}
