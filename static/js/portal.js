// Small conveniences on pages that work without them.
(() => {
  const all = (selector, within = document) => Array.from(within.querySelectorAll(selector));

  // The menu on small screens: open without scripts, behind a button with them.
  all("[data-menu-button]").forEach((button) => {
    const menu = document.getElementById(button.getAttribute("aria-controls"));
    button.addEventListener("click", () => {
      const open = button.getAttribute("aria-expanded") !== "true";
      button.setAttribute("aria-expanded", String(open));
      menu.classList.toggle("is-open", open);
    });
  });

  // Menus made of <details> close on Escape and on a press elsewhere.
  document.addEventListener("click", (event) => {
    all("details[data-menu][open]").forEach((menu) => {
      if (!menu.contains(event.target)) menu.open = false;
    });
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    all("details[data-menu][open]").forEach((menu) => {
      menu.open = false;
      menu.querySelector("summary").focus();
    });
  });

  const themeButtons = all("[data-theme-toggle]");
  const showTheme = () => {
    const dark = document.documentElement.dataset.bsTheme === "dark";
    themeButtons.forEach((button) => button.setAttribute("aria-pressed", String(dark)));
  };
  themeButtons.forEach((button) => button.addEventListener("click", () => window.portalTheme.toggle()));
  document.addEventListener("portal:theme", showTheme);
  showTheme();

  const summary = document.querySelector("[data-focus-on-load]");
  if (summary) summary.focus();

  // A link of the error summary moves the focus into its field, with the label in view.
  all(".error-summary a").forEach((link) => {
    link.addEventListener("click", (event) => {
      const target = document.getElementById(link.hash.slice(1));
      if (!target) return;
      event.preventDefault();
      (target.closest(".field") || target).scrollIntoView({ block: "start" });
      target.focus({ preventScroll: true });
    });
  });

  // Dropping files onto a file field.
  all("[data-drop-zone]").forEach((zone) => {
    const input = zone.querySelector("input[type=file]");
    if (!input) return;
    const stop = (event) => event.preventDefault();
    ["dragenter", "dragover"].forEach((name) =>
      zone.addEventListener(name, (event) => {
        stop(event);
        zone.classList.add("is-over");
      }),
    );
    ["dragleave", "drop"].forEach((name) => zone.addEventListener(name, () => zone.classList.remove("is-over")));
    zone.addEventListener("drop", (event) => {
      stop(event);
      if (!event.dataTransfer.files.length) return;
      input.files = event.dataTransfer.files;
      input.dispatchEvent(new Event("change", { bubbles: true }));
    });
  });

  // A form is sent once, however often its button is pressed.
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.method !== "post" || form.hasAttribute("data-many")) return;
    if (form.dataset.sent) {
      event.preventDefault();
      return;
    }
    form.dataset.sent = "yes";
    setTimeout(() => delete form.dataset.sent, 4000);
  });
  window.addEventListener("pageshow", () => all("form[data-sent]").forEach((form) => delete form.dataset.sent));

  // Sample accounts of the demonstration fill the log-in form.
  all("[data-fill-login]").forEach((button) => {
    button.hidden = false;
    button.addEventListener("click", () => {
      document.getElementById("id_login").value = button.dataset.email;
      document.getElementById("id_password").value = button.dataset.password;
      document.querySelector(".account-form [type=submit]").focus();
    });
  });

  // The address of a page goes to the clipboard, where the browser lets it.
  all("[data-copy]").forEach((button) => {
    if (!navigator.clipboard) return;
    button.hidden = false;
    button.addEventListener("click", async () => {
      await navigator.clipboard.writeText(button.dataset.copy);
      button.closest("details").querySelector("[role=status]").textContent = button.dataset.copied;
    });
  });

  // Charts and maps wait until they are in view: on paper they all are. Who draws one adds a promise to the event's detail.
  const print = async () => {
    const drawings = [];
    document.dispatchEvent(new CustomEvent("portal:print", { detail: drawings }));
    await Promise.allSettled(drawings);
    window.print();
  };
  all("[data-print]").forEach((button) => {
    button.hidden = false;
    button.addEventListener("click", print);
  });
  document.addEventListener("keydown", (event) => {
    if (!(event.ctrlKey || event.metaKey) || event.shiftKey || event.altKey || event.key.toLowerCase() !== "p") return;
    event.preventDefault();
    print();
  });
})();
