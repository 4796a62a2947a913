// Live pages: on a notice the page is fetched again and the regions that changed are swapped.
// Forms are sent in place. Without this script everything works by loading pages.
"use strict";

(() => {
  const say = document.getElementById("live");
  const SETTLE_MS = 250;
  let timer = 0;
  let loading = false;
  let again = false;

  const busy = (region) => {
    const focused = document.activeElement;
    return region.contains(focused) && focused.matches("input, select, textarea");
  };

  const swap = (html) => {
    const fresh = new DOMParser().parseFromString(html, "text/html");
    document.title = fresh.title;
    const regions = [...fresh.querySelectorAll("[data-live]")];
    const present = new Set(regions.map((region) => region.id));
    for (const region of regions) {
      const old = document.getElementById(region.id);
      if (!old) {
        document.getElementById("main").replaceWith(fresh.getElementById("main"));
        return;
      }
      if (old.innerHTML === region.innerHTML || busy(old)) continue;
      old.querySelectorAll("details[open]").forEach((open) => {
        const same = [...region.querySelectorAll("details")].find(
          (one) => one.querySelector("summary").textContent === open.querySelector("summary").textContent);
        if (same) same.open = true;
      });
      const held = old.contains(document.activeElement) ? document.activeElement.textContent : null;
      old.replaceWith(document.adoptNode(region));
      if (held !== null) {
        const next = [...region.querySelectorAll("button, a, summary")].find((one) => one.textContent === held);
        (next || region.querySelector("button, a, summary") || document.body).focus({ preventScroll: true });
      }
    }
    for (const old of document.querySelectorAll("main [data-live]")) {
      if (!present.has(old.id)) old.remove();
    }
  };

  const refresh = async () => {
    if (loading) { again = true; return; }
    loading = true;
    try {
      const answer = await fetch(location.href, { headers: { Accept: "text/html" } });
      if (answer.ok) swap(await answer.text());
    } catch { /* the event stream says when the server is back */ }
    loading = false;
    if (again) { again = false; refresh(); }
  };

  const soon = () => {
    clearTimeout(timer);
    timer = setTimeout(refresh, SETTLE_MS);
  };

  const listen = () => {
    const events = new EventSource("/api/v1/events");
    let lost = false;
    events.addEventListener("change", soon);
    events.addEventListener("open", () => {
      say.textContent = "Live";
      say.className = "light good";
      if (lost) soon();
    });
    events.addEventListener("error", () => {
      lost = true;
      say.textContent = "Connection lost, trying again";
      say.className = "light warn";
      if (events.readyState === EventSource.CLOSED) setTimeout(listen, 5000);
    });
  };

  document.addEventListener("submit", async (event) => {
    const form = event.target;
    if (form.method !== "post") return;
    event.preventDefault();
    const button = event.submitter;
    if (button) button.disabled = true;
    try {
      const answer = await fetch(form.action, {
        method: "POST",
        body: new URLSearchParams(new FormData(form)),
        headers: { Accept: "application/json" },
      });
      if (answer.ok && answer.redirected && new URL(answer.url).pathname === location.pathname) {
        swap(await answer.text());
        say.textContent = "Done";
      } else if (answer.ok && answer.redirected) {
        location.assign(answer.url);
      } else {
        const refusal = await answer.json();
        say.textContent = refusal.error;
        say.className = "light warn";
      }
    } catch {
      say.textContent = "The server does not answer";
      say.className = "light warn";
    }
    if (button) button.disabled = false;
  });

  document.addEventListener("visibilitychange", () => { if (!document.hidden) soon(); });
  listen();
})();
