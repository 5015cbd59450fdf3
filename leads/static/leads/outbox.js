// The Outbox: takes back what is going out, one or all of it, and settles what nobody else can tell.
import { post, toast } from "./sa.js";

const root = document.getElementById("outbox");
const says = document.getElementById("outbox-says");
const { review, undoAll } = root.dataset;

/** POST; the answer's JSON, or null when it was refused, which is said. */
async function ask(address, data) {
  try {
    const answer = await post(address, data);
    const told = await answer.json().catch(() => ({}));
    if (answer.ok) return told;
    say(told.message || "That did not work. You may be logged out: reload the page.", { tone: "bad", seconds: 12 });
  } catch {
    say("The server could not be reached. Nothing was changed.", { tone: "bad" });
  }
  return null;
}

function say(words, options) {
  toast(words, options);
  says.textContent = words;
}

/** The row is gone before the page is drawn again; whoever uses a keyboard goes on with the next. */
function leave(row) {
  const next = row.nextElementSibling?.querySelector("button") ?? root.querySelector("[data-undo], a[href]");
  row.remove();
  next?.focus();
}

const acts = {
  async undo(button) {
    const { undo: id, version } = button.dataset;
    const told = await ask(`${review}${id}/reopen/`, { version });
    if (!told) return;
    leave(button.closest("li"));
    say(`Taken back: ${told.name}`, { tone: "good", action: { text: "Review", address: `${review}${id}/` } });
  },
  async undoAll(button) {
    const told = await ask(undoAll, { workspace: button.dataset.undoAll });
    if (!told) return;
    const lost = told.refused.length ? `, ${told.refused.length} had left` : "";
    say(`${told.done} taken back${lost}.`, { tone: told.refused.length ? "bad" : "good", seconds: 12 });
  },
  async settle(button) {
    const { draft: id, version, settle: sent } = button.dataset;
    const told = await ask(`${review}${id}/settle/`, { version, sent });
    if (!told) return;
    leave(button.closest("li"));
    say(sent === "yes" ? `Noted as sent: ${told.name}` : `Not sent, and back in review: ${told.name}`, { tone: "good" });
  },
};

root.addEventListener("click", async (event) => {
  const button = event.target.closest("button");
  const name = Object.keys(acts).find((one) => button && one in button.dataset);
  if (!name || button.disabled) return;
  button.disabled = true;
  await acts[name](button);
  button.disabled = false;
});
