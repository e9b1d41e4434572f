// Starts the figures of a page.  A plain script, since a page that is opened from a file may not import modules by
// their names: they stand in here as text, and each becomes an address of its own.  /* MODULES */ and /* FRONTS */ are
// filled in by lab/book/alive/bundle.py.
(() => {
  if (window.labAlive) return; // the script stands on a page once for each figure
  const folder = document.currentScript.src.replace(/[^/]*$/, "");
  const modules = /* MODULES */ []; // [name, text], each after those that it imports as "lab:NAME"
  const fronts = /* FRONTS */ {}; // a figure's name -> its module's
  let addresses = null;
  function address(name) {
    addresses ??= modules.reduce((known, [each, text]) => {
      const whole = text.replace(/"lab:([^"]+)"/g, (_, imported) => `"${known[imported]}"`);
      const named = `${whole}\n//# sourceURL=${folder}${each}`;
      return { ...known, [each]: URL.createObjectURL(new Blob([named], { type: "text/javascript" })) };
    }, {});
    return addresses[name];
  }
  // Samples are filled in by scripts: a file may not be fetched, either.
  window.labAlive = { samples: {}, module: (name) => import(address(name)) };

  const loading = {};
  const load = (sample) =>
    (loading[sample] ??= new Promise((resolve, reject) => {
      const script = document.createElement("script");
      script.src = `${folder}${sample}.sample.js`;
      script.onload = () => resolve(window.labAlive.samples[sample]);
      script.onerror = () => reject(new Error(`${sample}.sample.js could not be read`));
      document.head.append(script);
    }));

  // The still picture stays until the figure stands beside it, unseen; if that fails, it stays for good.
  async function start(figure) {
    const { figure: name } = figure.dataset;
    const still = figure.querySelector(".lab-alive-still");
    try {
      const sample = await load(name);
      const { thaw } = await window.labAlive.module("book/alive/mount.js");
      const { default: front } = await window.labAlive.module(fronts[name]);
      await front(figure, await thaw(sample));
      for (const control of figure.querySelectorAll("[data-control]")) control.disabled = false;
      figure.dataset.state = "live";
      still.remove();
    } catch (problem) {
      for (const added of [...still.parentElement.children]) if (added !== still) added.remove();
      figure.querySelector(".lab-alive-why").textContent = problem.message;
      figure.dataset.state = "failed";
    }
  }

  const near = new IntersectionObserver(
    (entries) => {
      for (const { isIntersecting, target } of entries) {
        if (!isIntersecting) continue;
        near.unobserve(target);
        start(target);
      }
    },
    { rootMargin: "100% 0px" },
  );
  for (const figure of document.querySelectorAll(".lab-alive")) near.observe(figure);
})();
