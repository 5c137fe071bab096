"use strict";
// Nothing here is needed to read the page: it filters, sorts, copies and saves. It loads nothing and sends nothing.
(() => {
  const all = (selector, inside = document) => [...inside.querySelectorAll(selector)];
  const make = (name, text, className) => {
    const made = document.createElement(name);
    made.textContent = text;
    if (className) made.className = className;
    return made;
  };

  // Filter, search and sort
  const form = document.querySelector("form.controls");
  if (form) {
    const rows = all("[data-n]");
    const total = new Set(rows.map((row) => row.dataset.n)).size;
    const said = form.querySelector("output");
    const fields = form.elements;
    // A claim that has no more than its line says its words there.
    const light = (row) =>
      [...all("th a span:last-child, .place, .verdict", row).map((one) => one.textContent), row.dataset.words].join(" ");
    const words = new Map(rows.map((row) => [row, row.matches("tr[id]") ? light(row).toLowerCase() : row.dataset.words]));
    const groups = new Map();
    for (const row of rows) {
      if (!groups.has(row.parentElement)) groups.set(row.parentElement, []);
      groups.get(row.parentElement).push(row);
    }

    const filter = () => {
      const asked = fields.search.value.toLowerCase().split(/\s+/).filter(Boolean);
      const shown = new Set();
      for (const row of rows) {
        const own = row.dataset;
        const fits =
          (!fields.verdict.value || own.verdict === fields.verdict.value) &&
          (!fields.file.value || own.file === fields.file.value) &&
          asked.every((word) => words.get(row).includes(word));
        row.hidden = !fits;
        if (fits) shown.add(own.n);
      }
      for (const body of all("table.overview > tbody")) {
        const own = all("[data-n]", body);
        if (own.length) body.hidden = own.every((row) => row.hidden);
      }
      said.textContent = `${shown.size} of ${total} claims`;
    };

    const keys = {
      written: (row) => Number(row.dataset.n),
      verdict: (row) => Number(row.dataset.rank),
      p: (row) => (row.dataset.p === "" ? 2 : Number(row.dataset.p)),
      name: (row) => words.get(row),
    };
    const sort = () => {
      const key = keys[fields.sort.value];
      const order = (a, b) => {
        const [x, y] = [key(a), key(b)];
        return x < y ? -1 : x > y ? 1 : a.dataset.n - b.dataset.n;
      };
      for (const [parent, own] of groups) parent.append(...[...own].sort(order));
    };

    const folds = all("details.evidence");
    if (fields.open && !folds.length) fields.open.remove();
    fields.open?.addEventListener("click", ({ currentTarget }) => {
      const open = currentTarget.getAttribute("aria-pressed") !== "true";
      currentTarget.setAttribute("aria-pressed", String(open));
      for (const one of folds) one.open = open;
    });

    form.hidden = false;
    form.addEventListener("submit", (event) => event.preventDefault());
    form.addEventListener("input", () => {
      filter();
      sort();
    });
    form.addEventListener("reset", () =>
      setTimeout(() => {
        filter();
        sort();
      }),
    );
    // A link to a claim that is filtered out shows it.
    const target = () => {
      const aim = document.getElementById(decodeURIComponent(location.hash.slice(1)));
      if (aim && aim.hidden) {
        form.reset();
        filter();
        aim.scrollIntoView();
      }
    };
    addEventListener("hashchange", target);
    filter();
  }

  // Copy
  const copy = async (text) => {
    try {
      await navigator.clipboard.writeText(text);
    } catch {
      const area = make("textarea", text);
      document.body.append(area);
      area.select();
      document.execCommand("copy");
      area.remove();
    }
  };
  for (const code of all("[data-copy]")) {
    const button = make("button", "Copy", "tool");
    button.type = "button";
    button.setAttribute("aria-label", `Copy ${code.dataset.copy}`);
    button.addEventListener("click", async () => {
      await copy(code.textContent);
      button.textContent = "Copied";
      setTimeout(() => (button.textContent = "Copy"), 1500);
    });
    code.after(" ", button);
  }

  // Save a figure as one SVG: its drawings below each other, each under its own words
  const SVG = "http://www.w3.org/2000/svg";
  const part = (name, attributes) => {
    const made = document.createElementNS(SVG, name);
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    return made;
  };
  const whole = (figure) => {
    const drawings = all("svg", figure).filter((one) => !one.parentElement.closest("svg"));
    const sizes = drawings.map((one) => {
      const box = one.getBoundingClientRect();
      return [box.width || 600, box.height || Number(one.getAttribute("height")) || 100];
    });
    const width = Math.ceil(Math.max(...sizes.map(([wide]) => wide)));
    const out = part("svg", { xmlns: SVG, "font-family": "sans-serif", color: "#1d2024", fill: "#1d2024" });
    out.append(part("rect", { width: "100%", height: "100%", fill: "#ffffff" }));
    let y = 0;
    drawings.forEach((one, at) => {
      const label = one.closest("[data-label]");
      if (label) {
        const words = part("text", { x: 4, y: y + 16, "font-size": 13 });
        words.textContent = label.dataset.label;
        out.append(words);
        y += 24;
      }
      const own = one.cloneNode(true);
      own.setAttribute("y", y);
      own.setAttribute("width", sizes[at][0]);
      own.setAttribute("height", sizes[at][1]);
      out.append(own);
      y += sizes[at][1] + 8;
    });
    for (const one of [out, ...all("*", out)]) one.removeAttribute("class");
    out.setAttribute("width", width);
    out.setAttribute("height", Math.ceil(y));
    out.setAttribute("viewBox", `0 0 ${width} ${Math.ceil(y)}`);
    return new XMLSerializer().serializeToString(out);
  };
  for (const figure of all("figure[data-name]")) {
    const button = make("button", "Save as SVG", "tool");
    button.type = "button";
    button.setAttribute("aria-label", `Save as SVG: ${figure.dataset.name}`);
    button.addEventListener("click", () => {
      const link = make("a", "");
      link.href = URL.createObjectURL(new Blob([whole(figure)], { type: "image/svg+xml" }));
      link.download = `${figure.dataset.name.replace(/[^\w.-]+/g, "-").slice(0, 80)}.svg`;
      link.click();
      setTimeout(() => URL.revokeObjectURL(link.href), 1000);
    });
    figure.append(button);
  }

  // On paper nothing can be opened
  let closed = [];
  addEventListener("beforeprint", () => {
    closed = all("details.evidence:not([open])");
    for (const one of closed) one.open = true;
  });
  addEventListener("afterprint", () => {
    for (const one of closed) one.open = false;
  });
})();
