#include "bench/page.h"

#include "bench/arm.h"
#include "bench/plot.h"

#include <string.h>

/*
 * One hue for each library, dashes for its algorithms: hues of Okabe and Ito 2008 and Paul Tol's
 * "muted" scheme, which are told apart by people with the common kinds of colour blindness; the
 * second of each pair is for dark pages.
 */
struct ink {
    const char *arm;
    const char *light;
    const char *dark;
    const char *dashes; /* "" solid */
};

static const struct ink inks[] = {
    { "gp", "#d55e00", "#ff8a3c", "" },
    { "assay-suggest", "#d55e00", "#ff8a3c", "2 2" },
    { "tpe", "#c08a00", "#f0b429", "" },
    { "cmaes", "#c08a00", "#f0b429", "6 3" },
    { "nsga2", "#c08a00", "#f0b429", "2 2" },
    { "random", "#7f7f7f", "#a0a0a0", "" },
    { "sobol", "#7f7f7f", "#a0a0a0", "6 3" },
    { "grid", "#7f7f7f", "#a0a0a0", "2 2" },
    { "optuna-gp", "#0072b2", "#5ab0e8", "" },
    { "optuna-tpe", "#0072b2", "#5ab0e8", "6 3" },
    { "optuna-cmaes", "#0072b2", "#5ab0e8", "2 2" },
    { "optuna-auto", "#0072b2", "#5ab0e8", "8 2 2 2" },
    { "hebo", "#009e73", "#3fd0a4", "" },
    { "smac", "#882255", "#d8709f", "" },
    { "smac-bb", "#882255", "#d8709f", "6 3" },
    { "ax", "#aa4499", "#dd88cc", "8 2 2 2" },
    { "vizier", "#332288", "#9f92f0", "" },
    { "hyperopt", "#117733", "#6cc58a", "6 3" },
    { "nevergrad", "#2b9bb3", "#7fd6ea", "" },
    { "pycma", "#2b9bb3", "#7fd6ea", "6 3" },
};

static const char style[] =
    ":root{--bg:#fff;--fg:#1d1f21;--mute:#666c72;--rule:#dcdfe3;--grid:#eceef0;--soft:#f6f7f8}\n"
    "@media(prefers-color-scheme:dark){:root{--bg:#16181b;--fg:#e6e8ea;--mute:#9aa1a8;"
    "--rule:#3a3f45;--grid:#272b2f;--soft:#1e2125}}\n"
    "*{box-sizing:border-box}\n"
    "body{margin:0 auto;max-width:1180px;padding:24px 28px 80px;background:var(--bg);"
    "color:var(--fg);font:15px/1.5 system-ui,'Segoe UI',Helvetica,Arial,sans-serif}\n"
    "h1{font-size:26px;margin:0 0 4px}h2{font-size:20px;margin:28px 0 2px}"
    "h3{font-size:15px;margin:26px 0 6px}p{margin:4px 0 12px;max-width:80ch}\n"
    ".mute,figcaption{color:var(--mute)}figcaption{font-size:13px;max-width:90ch;margin-bottom:8px}"
    "\n"
    "figure{margin:0 0 8px}pre{background:var(--soft);padding:8px 12px;overflow-x:auto;"
    "font-size:13px}\n"
    "nav{position:sticky;top:0;background:var(--bg);padding:8px 0;border-bottom:1px solid "
    "var(--rule);z-index:1}\n"
    "button{font:inherit;font-size:13px;color:inherit;background:none;border:1px solid transparent;"
    "border-radius:4px;padding:2px 9px;cursor:pointer}\n"
    "nav button[aria-pressed=true]{border-color:var(--rule);background:var(--soft);"
    "font-weight:600}\n"
    ".legend{display:flex;flex-wrap:wrap;gap:2px 4px;margin:14px 0 10px -9px}"
    ".legend button[aria-pressed=false]{opacity:.35}.legend svg{vertical-align:middle;"
    "margin-right:6px}\n"
    ".wide{overflow-x:auto}table{border-collapse:collapse;font-size:13px;"
    "font-variant-numeric:tabular-nums}\n"
    "th,td{padding:3px 10px;text-align:right;border-bottom:1px solid var(--grid);"
    "white-space:nowrap}th{font-weight:600;border-bottom-color:var(--rule);vertical-align:bottom}"
    "th:first-child,td:first-child{text-align:left;padding-left:0}td small{color:var(--mute);"
    "margin-left:5px}td.best{font-weight:700}th.text,td.text{text-align:left;white-space:normal}\n"
    ".panels{display:flex;flex-wrap:wrap;gap:10px 8px}svg{max-width:100%;height:auto}\n"
    "svg text{font:11px system-ui,'Segoe UI',Helvetica,Arial,sans-serif;fill:var(--mute)}"
    "svg text.title{font-size:13px;font-weight:600;fill:var(--fg)}svg text.axis{fill:var(--fg)}\n"
    ".grid{stroke:var(--grid);fill:none}.frame{stroke:var(--mute);fill:none}"
    ".mark{stroke:var(--mute);stroke-dasharray:4 3;fill:none}\n"
    ".line{fill:none;stroke:var(--c);stroke-width:1.6;stroke-linejoin:round;"
    "stroke-dasharray:var(--d)}.band{fill:var(--c);opacity:.09}.leader{stroke:var(--c);fill:none;"
    "opacity:.6}.whisker{stroke:var(--c);stroke-width:1.6}.dot{fill:var(--c)}"
    "svg .arm text.name{fill:var(--c)}\n"
    ".many .band{opacity:0}.a-gp .line{stroke-width:2.6}.many .a-gp .band{opacity:.12}"
    ".off{display:none}\n"
    ".lift .arm{opacity:.18}.lift .arm.up{opacity:1}.lift .arm.up .band{opacity:.2}\n"
    "summary{cursor:pointer;font-weight:600;margin:18px 0 6px}\n";

/* clang-format off: the lines of the script are its own. */
static const char script[] =
    "<script>\n"
    "const all = (what, deed) => document.querySelectorAll(what).forEach(deed);\n"
    "function part(id) {\n"
    "  all('section.part', e => e.hidden = e.id !== id);\n"
    "  all('nav button', b => b.setAttribute('aria-pressed', b.dataset.part === id));\n"
    "}\n"
    "all('nav button', b => b.onclick = () => {\n"
    "  part(b.dataset.part);\n"
    "  history.replaceState(null, '', '#' + b.dataset.part.slice(4));\n"
    "});\n"
    "const first = document.querySelector('nav button');\n"
    "const asked = 'part' + location.hash.slice(1);\n"
    "if (first) part(document.getElementById(asked) ? asked : first.dataset.part);\n"
    "all('.legend button', b => {\n"
    "  const arm = 'g.a-' + b.dataset.arm;\n"
    "  b.onclick = () => {\n"
    "    const on = b.getAttribute('aria-pressed') === 'false';\n"
    "    all('.legend [data-arm=\"' + b.dataset.arm + '\"]', o => o.setAttribute('aria-pressed', "
    "on));\n"
    "    all(arm, e => e.classList.toggle('off', !on));\n"
    "  };\n"
    "  b.onmouseenter = () => {\n"
    "    document.body.classList.add('lift');\n"
    "    all(arm, e => e.classList.add('up'));\n"
    "  };\n"
    "  b.onmouseleave = () => {\n"
    "    document.body.classList.remove('lift');\n"
    "    all(arm, e => e.classList.remove('up'));\n"
    "  };\n"
    "});\n"
    "</script>\n";
/* clang-format on */

static void write_inks(FILE *out)
{
    for (size_t i = 0; i < sizeof inks / sizeof inks[0]; i++)
        (void)fprintf(out, ".a-%s{--c:%s;--d:%s}", inks[i].arm, inks[i].light,
                      inks[i].dashes[0] ? inks[i].dashes : "none");
    (void)fputs("\n@media(prefers-color-scheme:dark){", out);
    for (size_t i = 0; i < sizeof inks / sizeof inks[0]; i++)
        (void)fprintf(out, ".a-%s{--c:%s}", inks[i].arm, inks[i].dark);
    (void)fputs("}\n", out);
}

void page_begin(FILE *out, const char *title)
{
    (void)fprintf(out,
                  "<!doctype html>\n<html lang=en><head><meta charset=utf-8>\n"
                  "<meta name=viewport content='width=device-width,initial-scale=1'>\n"
                  "<title>%s</title>\n<style>\n%s",
                  title, style);
    write_inks(out);
    (void)fprintf(out, "</style></head><body>\n<h1>%s</h1>\n", title);
}

void page_end(FILE *out)
{
    (void)fprintf(out, "%s</body></html>\n", script);
}

void page_legend(FILE *out, const char *const *arms, size_t count)
{
    (void)fputs("<div class=legend>", out);
    for (size_t i = 0; i < count; i++)
        (void)fprintf(
            out,
            "<button data-arm='%s' aria-pressed=true><svg class='a-%s' width=26 height=10>"
            "<path class=line d='M1 5H25'/></svg>%s</button>",
            arms[i], arms[i], arms[i]);
    (void)fputs("</div>\n", out);
}
