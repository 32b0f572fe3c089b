// Turns the table of a .chart into a picture. The table is the truth: without this file it is simply there.
(() => {
  const script = document.currentScript;
  const root = document.documentElement;
  const colour = (name) => getComputedStyle(root).getPropertyValue(`--${name}`).trim();
  const rightToLeft = root.dir === "rtl";
  const calm = window.matchMedia("(prefers-reduced-motion: reduce)");
  const charts = new Map();
  let library;

  const loadLibrary = () => {
    library ??= new Promise((resolve, reject) => {
      const tag = document.createElement("script");
      tag.src = script.dataset.echarts;
      tag.onload = () => resolve(window.echarts);
      tag.onerror = reject;
      document.head.append(tag);
    });
    return library;
  };

  const words = (cell) => cell.textContent.replace(/\s+/g, " ").trim();

  const readTable = (figure) => {
    const table = figure.querySelector("[data-chart-table] table");
    const heads = Array.from(table.tHead.rows[0].cells);
    const rows = Array.from(table.tBodies[0].rows);
    return {
      heading: words(heads[0]),
      labels: rows.map((row) => words(row.cells[0])),
      series: heads.slice(1).map((head, index) => ({
        name: words(head.firstChild),
        texts: rows.map((row) => words(row.cells[index + 1])),
        values: rows.map((row) => {
          const raw = row.cells[index + 1].dataset.value;
          return raw === "" || raw === undefined ? null : Number(raw);
        }),
        breaks: rows.flatMap((row, place) => ("break" in row.cells[index + 1].dataset ? [place] : [])),
      })),
      targets: Array.from(table.tFoot ? table.tFoot.rows : []).map((row) => ({
        name: words(row.cells[0]),
        text: words(row.cells[1]),
        value: Number(row.dataset.target),
      })),
    };
  };

  // A line for each stretch between two breaks: nothing is drawn across one.
  const stretches = (one) => {
    const bounds = [0, ...one.breaks.filter((place) => place > 0), one.values.length];
    return bounds.slice(1).map((end, index) => one.values.map((value, place) => (place >= bounds[index] && place < end ? value : null)));
  };

  // For the axis: whole numbers in full, millions in short, with so many digits that no two labels read alike. What the table says stays as
  // the server wrote it.
  const { full, short } = window.portalNumbers;
  const axisWords = (value, spread) => {
    const isLarge = Math.abs(value) >= 1e6;
    const step = spread / 4 / (isLarge ? 1e6 : 1);
    const digits = step > 0 ? Math.min(4, Math.max(0, Math.ceil(-Math.log10(step)) + (step < 1 ? 1 : 0))) : 2;
    return isLarge ? short(value, digits) : full(value, 0, digits);
  };

  // The legend wraps where it is wider than its chart, and names of more than a line are broken: the plot begins below the last row.
  const legendFont = 13;
  const legendMark = 25 + 5; // ECharts' mark and the gap to its name.
  const legendGap = 18;
  const layLegend = (names, width, font) => {
    const context = document.createElement("canvas").getContext("2d");
    context.font = `${legendFont}px ${font}`;
    const most = Math.max(80, width - legendMark - 12);
    let filled = 0;
    let height = 0;
    let tallest = legendFont + 3;
    const items = names.map((name) => {
      const wide = context.measureText(name).width;
      const room = legendMark + Math.min(wide, most);
      if (filled && filled + room > width - 12) {
        height += tallest + legendGap;
        [filled, tallest] = [0, legendFont + 3];
      }
      filled += room + legendGap;
      if (wide <= most) return name;
      tallest = Math.max(tallest, Math.ceil((wide * 1.15) / most) * (legendFont + 3));
      return { name, textStyle: { width: most, overflow: "break" } };
    });
    return { items, height: height + tallest };
  };

  const lineTypes = ["solid", "dashed", "dotted", [8, 3, 2, 3], [2, 4], [12, 4]];
  const symbols = ["circle", "rect", "triangle", "diamond", "emptyCircle", "emptyRect"];

  const options = (figure, width = figure.querySelector("[data-chart-canvas]").clientWidth) => {
    const data = readTable(figure);
    const kind = figure.dataset.chart;
    const lying = kind === "row";
    const bars = kind !== "line";
    const unit = figure.dataset.unit;
    const suffix = unit === "%" ? "%" : "";
    const drawn = data.series.flatMap((one) => one.values).filter((value) => value !== null);
    const spread = drawn.length ? Math.max(...drawn) - (bars ? Math.min(0, ...drawn) : Math.min(...drawn)) : 0;
    const ink = colour("ink");
    const muted = colour("ink-muted");
    const line = colour("line");
    const font = getComputedStyle(document.body).fontFamily;
    const palette = [1, 2, 3, 4, 5, 6].map((number) => colour(`series-${number}`));
    const breaks = lying ? [] : [...new Set(data.series.flatMap((one) => one.breaks))];
    const marks = {
      silent: true,
      symbol: "none",
      lineStyle: { color: muted, type: "dotted", width: 1.5 },
      label: { formatter: figure.dataset.breakWords, color: muted, fontSize: 12, position: "insideEndTop" },
      data: breaks.map((place) => ({ xAxis: place })),
    };
    const named = [...data.series.map((one) => one.name), ...data.targets.map((one) => one.name)];
    const legend = layLegend(named, width, font);
    const categories = {
      type: "category",
      data: data.labels,
      inverse: lying ? true : rightToLeft,
      boundaryGap: bars,
      axisLine: { lineStyle: { color: colour("line-strong") } },
      axisTick: { show: false },
      axisLabel: { color: muted, fontSize: 13, hideOverlap: true, ...(lying ? { width: 150, overflow: "break" } : {}) },
      ...(lying && rightToLeft ? { position: "right" } : {}),
    };
    const values = {
      type: "value",
      scale: !bars,
      position: !lying && rightToLeft ? "right" : undefined,
      inverse: lying && rightToLeft,
      axisLabel: { color: muted, fontSize: 13, formatter: (value) => axisWords(value, spread) + suffix },
      splitLine: { lineStyle: { color: line } },
      splitNumber: 4,
    };
    return {
      animation: !calm.matches,
      animationDuration: 350,
      textStyle: { fontFamily: font, color: ink },
      color: palette,
      aria: { enabled: true, label: { enabled: false }, decal: { show: bars && data.series.length > 1 } },
      grid: { top: named.length > 1 ? legend.height + 24 : breaks.length ? 26 : 16, bottom: 8, left: rightToLeft ? 26 : 8, right: rightToLeft ? 8 : 26, containLabel: true },
      legend: {
        show: named.length > 1,
        data: legend.items,
        top: 0,
        [rightToLeft ? "right" : "left"]: 0,
        icon: bars ? "roundRect" : undefined,
        itemGap: legendGap,
        textStyle: { color: ink, fontSize: legendFont, fontFamily: font },
      },
      tooltip: {
        renderMode: "richText", // An HTML tooltip would need inline styles, which the page forbids.
        trigger: "axis",
        axisPointer: { type: bars ? "shadow" : "line", lineStyle: { color: muted } },
        backgroundColor: colour("surface"),
        borderColor: line,
        textStyle: { color: ink, fontFamily: font, fontSize: 13 },
        formatter: (points) => {
          const place = points[0].dataIndex;
          const lines = data.series.map((one) => {
            const text = one.texts[place];
            return `${data.series.length > 1 ? `${one.name}: ` : ""}${text}${one.values[place] === null || text.endsWith(suffix || "\0") ? "" : suffix}`;
          });
          const wanted = data.targets.map((one) => `${one.name}: ${one.text}${suffix}`);
          return [data.labels[place], ...lines, ...wanted].join("\n");
        },
      },
      xAxis: lying ? values : categories,
      yAxis: lying ? categories : values,
      series: [...data.series.flatMap((one, index) => (bars ? [one.values] : stretches(one)).map((values, stretch) => ({
        name: one.name,
        type: bars ? "bar" : "line",
        stack: kind === "stacked" ? "all" : undefined,
        data: values,
        color: palette[index % palette.length],
        markLine: index === 0 && stretch === 0 && breaks.length ? marks : undefined,
        barMaxWidth: 34,
        barCategoryGap: "32%",
        itemStyle: bars ? { borderRadius: kind === "stacked" ? 0 : lying ? (rightToLeft ? [3, 0, 0, 3] : [0, 3, 3, 0]) : [3, 3, 0, 0] } : {},
        symbol: symbols[index % symbols.length],
        symbolSize: 7,
        showSymbol: data.labels.length <= 40,
        lineStyle: { width: 2.5, type: lineTypes[index % lineTypes.length] },
        emphasis: { focus: data.series.length > 1 ? "series" : "none" },
        connectNulls: false,
      }))), ...data.targets.map((one) => ({
        name: one.name,
        type: lying ? "bar" : "line",
        data: lying ? [] : data.labels.map(() => one.value),
        color: ink,
        symbol: "none",
        silent: true,
        lineStyle: { width: 1.5, type: [6, 4] },
        markLine: lying ? { silent: true, symbol: "none", lineStyle: { color: ink, type: "dashed" }, data: [{ xAxis: one.value, name: one.name }] } : undefined,
      }))],
    };
  };

  const draw = async (figure, forPaper = false) => {
    const box = figure.querySelector("[data-chart-canvas]");
    const echarts = await loadLibrary();
    if (figure.querySelector("[data-chart-toggle]").getAttribute("aria-pressed") === "true") return;
    box.hidden = false;
    figure.classList.add("is-drawn");
    figure.querySelector("[data-chart-table]").hidden = true;
    const chart = charts.get(figure) ?? echarts.init(box, null, { renderer: "canvas" });
    charts.set(figure, chart);
    chart.resize();
    chart.setOption(forPaper ? { ...options(figure), animation: false } : options(figure), true);
  };

  const showTable = (figure) => {
    figure.querySelector("[data-chart-canvas]").hidden = true;
    figure.classList.remove("is-drawn");
    figure.querySelector("[data-chart-table]").hidden = false;
  };

  // The file of the chart says what one has to know: the lines that begin with "#", a label and a text each. The picture carries the same.
  const readFile = async (figure) => {
    const answer = await fetch(figure.querySelector("[data-chart-csv]").href);
    if (!answer.ok) throw new Error(`No file of the chart: ${answer.status}`);
    const name = /filename="([^"]+)\.csv"/.exec(answer.headers.get("Content-Disposition"))[1];
    const unquoted = (text) => (text.startsWith('"') ? text.slice(1, -1).replaceAll('""', '"') : text);
    const notes = (await answer.text())
      .replace("\ufeff", "")
      .split(/\r?\n/)
      .filter((line) => line.startsWith("# "))
      .map((line) => {
        const comma = line.indexOf(",");
        return `${line.slice(2, comma)}: ${unquoted(line.slice(comma + 1))}`;
      });
    return { name, notes };
  };

  // Broken by hand, since the height of the picture follows from the number of lines.
  const broken = (notes, width, context) =>
    notes.flatMap((note) => {
      const lines = [""];
      note.split(" ").forEach((word) => {
        const longer = lines.at(-1) ? `${lines.at(-1)} ${word}` : word;
        if (lines.at(-1) && context.measureText(longer).width > width) lines.push(word);
        else lines[lines.length - 1] = longer;
      });
      return lines;
    });

  const savePicture = async (figure) => {
    const [echarts, file] = await Promise.all([loadLibrary(), readFile(figure)]);
    const font = getComputedStyle(document.body).fontFamily;
    const context = document.createElement("canvas").getContext("2d");
    const title = words(figure.querySelector(".chart-title"));
    const finding = figure.querySelector(".chart-finding");
    context.font = `600 20px ${font}`;
    const titles = broken([title], 940, context);
    context.font = `14px ${font}`;
    const findings = finding ? broken([words(finding)], 940, context) : [];
    context.font = `12px ${font}`;
    const notes = broken(file.notes, 940, context);
    const above = 24 + titles.length * 26 + findings.length * 20;
    const below = notes.length * 17 + 24;
    const sheet = document.createElement("canvas");
    const height = above + 480 + below;
    const chart = echarts.init(sheet, null, { renderer: "canvas", width: 1000, height, devicePixelRatio: 2 });
    const option = options(figure, 950);
    const side = rightToLeft ? { right: 20 } : { left: 20 };
    option.animation = false;
    option.title = [
      {
        text: titles.join("\n"),
        subtext: findings.join("\n"),
        top: 16,
        ...side,
        textStyle: { fontSize: 20, lineHeight: 26, color: colour("ink") },
        subtextStyle: { fontSize: 14, lineHeight: 20, color: colour("ink-muted") },
      },
      { text: notes.join("\n"), bottom: 10, ...side, textStyle: { fontSize: 12, lineHeight: 17, fontWeight: 400, color: colour("ink-muted") } },
    ];
    Object.assign(option.grid, { top: above + 16 + option.grid.top, bottom: below + 16, left: 24, right: 32 });
    option.legend.top = above + 12;
    option.legend[rightToLeft ? "right" : "left"] = 20;
    option.backgroundColor = colour("surface");
    chart.setOption(option);
    const link = document.createElement("a");
    link.href = chart.getDataURL({ type: "png", pixelRatio: 2, backgroundColor: colour("surface") });
    link.download = `${file.name}.png`;
    link.click();
    chart.dispose();
  };

  const seen = new IntersectionObserver(
    (entries) => {
      entries.filter((entry) => entry.isIntersecting).forEach((entry) => {
        seen.unobserve(entry.target);
        draw(entry.target).catch(() => showTable(entry.target));
      });
    },
    { rootMargin: "300px 0px" },
  );
  const sized = new ResizeObserver((entries) => {
    entries.forEach((entry) => {
      const chart = charts.get(entry.target.closest("[data-chart]"));
      if (!chart || entry.target.hidden || chart.getWidth() === entry.target.clientWidth) return;
      chart.resize();
      chart.setOption({ ...options(entry.target.closest("[data-chart]")), animation: false }, true);
    });
  });

  const prepare = (figure) => {
    if (figure.dataset.chartReady || !figure.querySelector("[data-chart-table]")) return;
    figure.dataset.chartReady = "yes";
    const toggle = figure.querySelector("[data-chart-toggle]");
    const picture = figure.querySelector("[data-chart-png]");
    toggle.hidden = false;
    toggle.addEventListener("click", () => {
      const table = toggle.getAttribute("aria-pressed") !== "true";
      toggle.setAttribute("aria-pressed", String(table));
      if (table) showTable(figure);
      else draw(figure).catch(() => showTable(figure));
    });
    if (picture) {
      picture.hidden = false;
      picture.addEventListener("click", () => savePicture(figure));
    }
    seen.observe(figure);
    sized.observe(figure.querySelector("[data-chart-canvas]"));
  };

  const prepareAll = (within) => within.querySelectorAll("[data-chart]").forEach(prepare);
  prepareAll(document);
  document.addEventListener("htmx:load", (event) => prepareAll(event.target));
  const redraw = () => charts.forEach((chart, figure) => chart.setOption({ ...options(figure), animation: false }, true));
  document.addEventListener("portal:theme", redraw);
  // What is to be printed is drawn before, seen or not.
  document.addEventListener("portal:print", (event) => {
    document.querySelectorAll("[data-chart-ready]").forEach((figure) => {
      seen.unobserve(figure);
      event.detail.push(draw(figure, true).catch(() => showTable(figure)));
    });
  });
  window.matchMedia("print").addEventListener("change", redraw); // On paper the colours are the light ones.
})();
