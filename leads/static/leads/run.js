// The page of a run: stored values on demand, jumps that unfold what they lead to, and a head that keeps up.

document.addEventListener("toggle", async (event) => {
  const place = event.target.querySelector?.(":scope > [data-raw]");
  if (!place || !event.target.open || place.dataset.loaded) return;
  place.dataset.loaded = "yes";
  const answer = await fetch(place.dataset.raw).catch(() => null);
  place.textContent = answer?.ok ? await answer.text() : "This could not be loaded. Close and open it to try again.";
  if (!answer?.ok) delete place.dataset.loaded;
}, true);

document.addEventListener("click", (event) => {
  const link = event.target.closest?.("[data-opens]");
  if (link) document.getElementById(link.dataset.opens)?.setAttribute("open", "");
});

if (location.hash.startsWith("#step-")) document.getElementById(location.hash.slice(1))?.setAttribute("open", "");

// What can be done depends on the run's state; the part with the buttons is fetched again when that has changed.
let fetching = false;
document.addEventListener("sa:changed", async () => {
  const head = document.getElementById("run-head");
  const now = document.querySelector("[data-run-state]")?.dataset.runState;
  if (!head || !now || now === head.dataset.state || fetching || head.contains(document.activeElement)) return;
  fetching = true;
  const answer = await fetch(location.href).catch(() => null);
  const fresh = answer?.ok && new DOMParser().parseFromString(await answer.text(), "text/html").getElementById("run-head");
  if (fresh) head.replaceWith(document.adoptNode(fresh));
  fetching = false;
});
