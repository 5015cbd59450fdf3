// What was approved here is on its way out: its toast counts down, and then says what became of it.
import { leftUntil, secondsUntil } from "./sa.js";

const EVERY = 1000; // ms
const LOOKS = 60; // of them, once it should have left; after that the Outbox knows
const STAYS = 8000; // ms that good news stands
const GOES_ON = new Set(["scheduled", "sending"]);

/** `at` is the draft's address; `over` is called when nothing can be undone any more, `open` to show the draft. */
export function follow(item, { due, at, over, open }) {
  const words = item.firstElementChild;
  const clock = document.createElement("span");
  clock.className = "sa-toast__left";
  clock.setAttribute("aria-hidden", "true"); // or it would be read out every second
  words.after(clock);
  let looks = 0;
  let looking = false;
  const timer = setInterval(tick, EVERY);
  tick();

  async function tick() {
    if (!item.isConnected || looks > LOOKS) {
      clearInterval(timer);
      item.remove();
      return;
    }
    const waits = secondsUntil(due) > 0;
    clock.textContent = waits ? leftUntil(due) : "";
    if (waits || looking) return;
    looking = true;
    looks += 1;
    const answer = await fetch(`${at}standing/`, { credentials: "same-origin" }).catch(() => null);
    if (answer?.ok) take(await answer.json());
    looking = false;
  }

  function take(told) {
    if (words.textContent !== told.said) words.textContent = told.said;
    if (!told.may_undo) item.querySelector("button.sa-link")?.remove();
    const isPutOff = told.status === "scheduled" && secondsUntil(told.due) > 0;
    if (GOES_ON.has(told.status) && !isPutOff) return;
    clearInterval(timer);
    if (!isPutOff) over();
    item.classList.toggle("sa-toast--good", told.tone === "good");
    item.classList.toggle("sa-toast--bad", told.tone === "bad");
    if (told.tone === "bad") addLink();
    else setTimeout(() => item.remove(), STAYS);
  }

  function addLink() {
    const link = document.createElement("button");
    link.type = "button";
    link.className = "sa-link";
    link.textContent = "Open";
    link.addEventListener("click", () => {
      item.remove();
      open();
    });
    item.lastElementChild.before(link);
  }
}
