// The buttons in the pages that a notebook keeps: shown, and heard, while there is a
// kernel that answers. The model has no view; it tells one style sheet and one listener
// of the document which runs have buttons. Whatever becomes of the cells and of their
// outputs, nothing here has to be found again.

function initialize({ model }) {
  const sheet = document.createElement("style");
  const asked = new Map(); // the page in which a run's button was pressed, by run
  let offered = new Set();

  function draw() {
    sheet.textContent = [...offered].map((name) => `
      button.nbp-for-${name} { display: inline-block !important; }
      button.nbp-for-${name}::before { content: attr(aria-label); }
      .nbp-without-${name} { display: none; }`).join("");
  }

  function press(event) {
    const button = event.target.closest?.("button.nbp-act");
    const name = button?.name;
    if (!name || !offered.has(name)) return;
    event.preventDefault();
    event.stopPropagation();
    asked.set(name, button.closest(".nbp-run"));
    button.setAttribute("aria-label", "Retrying…");
    button.disabled = true;
    model.send({ run: name, act: button.value });
  }

  function hear({ offered: names, run, page }) {
    if (names) {
      offered = new Set(names);
      draw();
    }
    if (page) {
      // In a page that was loaded after the run, displays are not replaced any more.
      const old = asked.get(run);
      asked.delete(run);
      if (old?.isConnected) old.outerHTML = page;
    }
  }

  function leave() {
    document.removeEventListener("click", press, true);
    sheet.remove();
  }

  document.head.append(sheet);
  document.addEventListener("click", press, true);
  model.on("msg:custom", hear);
  model.on("comm_live_update", leave); // the kernel was restarted
  model.send({ ready: true });
  return leave;
}

export default { initialize };
