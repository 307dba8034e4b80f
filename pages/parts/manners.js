
// Runs with every page, and binds once: the menu of a phone closes after a choice, the browser's way back leads to the
// page that was left and the place on it, and a click on places that lie together on a map zooms in until they lie apart.
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

  // st.switch_page gives the page that is left the address of the next first, as a step of its own, which the way back skips
  const push = history.pushState.bind(history);
  let asked = { search: null, at: 0 };
  history.pushState = (state, title, url) => {
    const { pathname, search } = new URL(url, location.href), leaves = pathname !== location.pathname;
    if (leaves && search && search === asked.search && Date.now() - asked.at < 5000) history.replaceState(state, title, url);
    else push(state, title, url);
    asked = { search: leaves ? null : search, at: Date.now() };
  };

  let pressed = [0, 0];
  addEventListener("pointerdown", (event) => { pressed = [event.clientX, event.clientY]; }, true);
  addEventListener("click", async (event) => {
    const map = event.target.closest?.(".js-plotly-plot")?._fullLayout?.map?._subplot?.map; // Plotly's own, undocumented
    if (!map || Math.hypot(event.clientX - pressed[0], event.clientY - pressed[1]) > 4) return;
    if (!map.loaded()) await map.once("idle");
    const { left, top } = map.getCanvas().getBoundingClientRect();
    const [places] = map.queryRenderedFeatures([event.clientX - left, event.clientY - top])
      .filter(({ properties }) => properties.cluster_id !== undefined);
    if (!places) return;
    const zoom = await map.getSource(places.source).getClusterExpansionZoom(places.properties.cluster_id);
    // Plotly keeps a view that an event of the browser led to, and fits the map anew to any other when it draws it again
    const zoomIn = () => map.jumpTo({ center: places.geometry.coordinates, zoom }, { originalEvent: event });
    const again = (moved) => { if (!moved.originalEvent) zoomIn(); };
    zoomIn();
    map.on("moveend", again);
    setTimeout(() => map.off("moveend", again), 2000);
  }, true);
}
