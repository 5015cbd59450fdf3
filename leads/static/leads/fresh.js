// Says above a list that something newer happened; the rows stay where they are until somebody asks for the newest.
import { keysAct } from "./sa.js";

const pill = document.querySelector("[data-fresh]");
const shell = document.querySelector(".sa-shell");
if (pill && shell) {
  const drawn = Number(shell.dataset.newest);
  // The same address, so the same filters; without a fragment, which would keep the page.
  const show = () => window.location.replace(window.location.pathname + window.location.search);
  document.addEventListener("sa:changed", (event) => {
    if (event.detail.newest > drawn) pill.hidden = false;
  });
  pill.addEventListener("click", show);
  document.addEventListener("keydown", (event) => {
    if (event.key !== "." || pill.hidden || !keysAct(event)) return;
    event.preventDefault();
    show();
  });
}
