/* The frame around every view: where one can go, who one is, what was just done. */

import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import { api, whenDenied } from "./api";
import { Toasts } from "./components/toast";
import { Login } from "./login";
import { href, Link, match, usePlace } from "./route";
import { setTheme, useTheme } from "./theme";
import { views } from "./views";

interface Session {
  needsToken: boolean;
  isSignedIn: boolean;
  version: string;
}

const SECTIONS = [
  { path: "/", label: "Overview" },
  { path: "/jobs", label: "Jobs" },
  { path: "/pipelines", label: "Pipelines" },
  { path: "/models", label: "Models" },
  { path: "/datasets", label: "Datasets" },
];

function isWithin(section: string, path: string): boolean {
  return section === "/" ? path === "/" : path === section || path.startsWith(section + "/");
}

export function App() {
  const [session, setSession] = useState<Session | null>(null);
  const [isDenied, setDenied] = useState(false);
  const { path } = usePlace();

  useEffect(() => {
    whenDenied(() => setDenied(true));
    api.get<Session>("/web/session").then(
      (told) => {
        setSession(told);
        if (told.needsToken && !told.isSignedIn) setDenied(true);
      },
      () => setSession({ needsToken: false, isSignedIn: false, version: "" }),
    );
  }, []);

  const signOut = async () => {
    await api.post("/web/logout");
    setDenied(true);
  };

  if (isDenied) return <Login onDone={() => location.reload()} />;
  return (
    <>
      <a class="skip" href="#main">Skip to the content</a>
      <header class="bar">
        <Link to={href("/")} class="brand">
          <img src="/web/icon.svg" alt="" width={24} height={24} /> assay
        </Link>
        <nav aria-label="Sections">
          {SECTIONS.map((section) => (
            <Link
              to={href(section.path)}
              class={isWithin(section.path, path) ? "is-current" : ""}
              aria-current={isWithin(section.path, path) ? "page" : undefined}
            >
              {section.label}
            </Link>
          ))}
        </nav>
        <div class="tools">
          <Link to={href("/start")} class="button is-primary">New training</Link>
          <ThemeButton />
          {session?.needsToken && <button type="button" class="small" onClick={signOut}>Sign out</button>}
        </div>
      </header>
      <main id="main" tabIndex={-1}>
        {session ? view(path) : null}
      </main>
      <Toasts />
    </>
  );
}

/* The first view whose pattern fits. */
function view(path: string): JSX.Element {
  for (const [pattern, View] of views) {
    const words = match(pattern, path);
    if (words) return <View key={pattern + JSON.stringify(words)} {...words} />;
  }
  return (
    <div class="empty">
      <h1>There is no such page</h1>
      <p>
        <Link to={href("/jobs")}>All jobs</Link>
      </p>
    </div>
  );
}

function ThemeButton() {
  const theme = useTheme();
  const other = theme === "dark" ? "light" : "dark";
  return (
    <button type="button" class="small" onClick={() => setTheme(other)} aria-label={`Switch to ${other} colours`} title={`Switch to ${other} colours`}>
      {theme === "dark" ? "☀" : "☾"}
    </button>
  );
}
