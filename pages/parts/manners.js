
// Runs with every page, and binds once: the menu of a phone closes after a choice, and the browser's way back leads to
// the place on the page that was left.
if (!window.bloomManners) {
  window.bloomManners = true;
  const main = () => document.querySelector("[data-testid=stMain]");
  const places = new Map(); // address -> how far it was scrolled
  let restored = 0;

  document.addEventListener("click", (event) => {
    if (main()) places.set(location.href, main().scrollTop);
    const link = event.target.closest?.("[data-testid=stSidebar] a");
    if (link && innerWidth <= 768) {
      setTimeout(() => document.querySelector("[data-testid=stSidebarCollapseButton] button")?.click(), 50);
    }
  }, true);

  addEventListener("popstate", () => {
    const wanted = places.get(location.href), mine = ++restored, until = Date.now() + 5000;
    if (!wanted) return;
    const stop = () => { restored++; };
    addEventListener("wheel", stop, { once: true, passive: true });
    addEventListener("touchmove", stop, { once: true, passive: true });
    (function again() { // the page grows as it is drawn
      if (mine !== restored || Date.now() > until) return;
      if (Math.abs(main().scrollTop - wanted) > 2) main().scrollTop = wanted;
      setTimeout(again, 100);
    })();
  });
}
