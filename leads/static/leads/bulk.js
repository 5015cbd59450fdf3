// Does something to many runs, a piece at a time: with progress, and until somebody says stop.
import { post } from "./sa.js";

const form = document.querySelector("form[data-bulk]");
const part = (name) => document.getElementById(`bulk-${name}`);

if (form && part("go")) {
  let stopped = false;
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const ids = [...form.querySelectorAll("input[name=id]")].map((input) => input.value);
    const size = Number(form.dataset.bulk);
    const progress = part("progress").querySelector("progress");
    const sum = { done: 0, refused: 0 };
    part("progress").hidden = part("stop").hidden = false;
    part("go").hidden = true;
    part("stop").focus();
    for (let at = 0; at < ids.length && !stopped; at += size) {
      const piece = new FormData();
      for (const name of ["act", "reason"]) {
        const field = form.elements.namedItem(name);
        if (field) piece.set(name, field.value);
      }
      for (const id of ids.slice(at, at + size)) piece.append("id", id);
      const answer = await post(form.action, piece).catch(() => null);
      if (!answer?.ok) {
        stopped = true;
        say(sum, `The server did not take the next ones (${answer ? answer.status : "no connection"}). `);
        break;
      }
      take(await answer.json(), sum);
      progress.value = at + size;
      say(sum, stopped ? "Stopped. " : "");
    }
    part("stop").hidden = true;
    say(sum, stopped ? "Stopped. The rest stands as it did. " : "That is all. ");
    part("back").focus();
  });
  part("stop").addEventListener("click", () => {
    stopped = true;
  });
}

function take(answer, sum) {
  sum.done += answer.done;
  sum.refused += answer.refused.length;
  for (const why of answer.refused) {
    const line = document.createElement("li");
    line.textContent = why;
    part("refused").append(line);
  }
}

function say(sum, before) {
  const refused = sum.refused ? `, ${sum.refused} refused` : "";
  part("said").textContent = `${before}${sum.done} ${form.dataset.done}${refused}.`;
}
