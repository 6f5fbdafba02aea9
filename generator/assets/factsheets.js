// What the pages can do beyond plain HTML; all of it is comfort, nothing is needed to read a sheet.
(() => {
  // A quote cut by another one has several marks: light all of them up, not only the one with the id.
  const light = () => {
    const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    document.querySelectorAll("mark.fs-on").forEach((mark) => mark.classList.remove("fs-on"));
    if (!target?.matches("mark[data-note]")) return;
    document.querySelectorAll(`mark[data-note="${target.dataset.note}"]`).forEach((mark) => mark.classList.add("fs-on"));
  };
  addEventListener("hashchange", light);
  light();

  // An open card closes with Escape, or with a click beside it; focus returns to what opened it.
  const open = () => document.querySelectorAll("details.fs-why[open]");
  addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    open().forEach((details) => {
      details.open = false;
      if (details.contains(document.activeElement)) details.querySelector("summary").focus();
    });
  });
  addEventListener("click", (event) => {
    open().forEach((details) => { if (!details.contains(event.target)) details.open = false; });
  });
})();
