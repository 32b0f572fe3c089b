// Runs before the page is drawn: marks that scripts work, and applies the kept choice of colours so that nothing flashes.
(() => {
  const root = document.documentElement;
  const systemDark = window.matchMedia("(prefers-color-scheme: dark)");
  const kept = () => {
    try {
      return localStorage.getItem("portal-theme");
    } catch {
      return null; // Storage may be switched off; the system's wish holds then.
    }
  };
  const apply = () => {
    root.dataset.bsTheme = kept() || (systemDark.matches ? "dark" : "light");
    document.dispatchEvent(new CustomEvent("portal:theme"));
  };
  root.classList.add("js");
  apply();
  systemDark.addEventListener("change", apply);
  window.portalTheme = {
    toggle() {
      const next = root.dataset.bsTheme === "dark" ? "light" : "dark";
      const system = systemDark.matches ? "dark" : "light";
      try {
        // Choosing what the system wishes anyway means following the system again.
        if (next === system) localStorage.removeItem("portal-theme");
        else localStorage.setItem("portal-theme", next);
      } catch {
        root.dataset.bsTheme = next;
        document.dispatchEvent(new CustomEvent("portal:theme"));
        return;
      }
      apply();
    },
  };
})();
