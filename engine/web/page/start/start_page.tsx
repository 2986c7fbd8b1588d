/* The wizard comes when it is asked for: its editor is larger than the rest of the page. */

import type { ComponentType } from "preact";
import { useEffect, useState } from "preact/hooks";
import type { ApiError } from "../api";
import { ErrorBox, Loading } from "../components/basics";
import { asApiError } from "../hooks";

export function StartPage() {
  const [Wizard, setWizard] = useState<ComponentType | null>(null);
  const [error, setError] = useState<ApiError | null>(null);
  useEffect(() => {
    import("./wizard_page").then(
      ({ WizardPage }) => setWizard(() => WizardPage),
      (cause) => setError(asApiError(cause)),
    );
  }, []);
  if (error) return <ErrorBox error={error} />;
  return Wizard ? <Wizard /> : <Loading what="Loading the wizard" />;
}
