// Suggestions for fields that look something up by name. Without this the server asks back.
(() => {
  const PAUSE = 180;
  const fill = (list, labels) => {
    list.replaceChildren(
      ...labels.map((label) => {
        const option = document.createElement("option");
        option.value = label;
        return option;
      }),
    );
  };

  document.querySelectorAll("input[data-lookup]").forEach((input) => {
    const list = document.getElementById(input.getAttribute("list"));
    if (!input.dataset.lookup || !list) return;
    const url = new URL(input.dataset.lookup, window.location.href);
    let timer = 0;
    let running = null;

    input.addEventListener("input", (event) => {
      // A choice from the list arrives without typing.
      if (!event.inputType || event.inputType === "insertReplacementText") return;
      clearTimeout(timer);
      const text = input.value.trim();
      if (text.length < 2) return;
      timer = setTimeout(async () => {
        if (running) running.abort();
        running = new AbortController();
        url.searchParams.set("q", text);
        try {
          const answer = await fetch(url, { signal: running.signal, headers: { Accept: "application/json" } });
          if (answer.ok) fill(list, (await answer.json()).results.map((result) => result.label));
        } catch (error) {
          if (error.name !== "AbortError") fill(list, []);
        }
      }, PAUSE);
    });
  });
})();
