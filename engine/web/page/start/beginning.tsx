/* Nothing yet: what to begin with. */

import { FileButton } from "./document_editor";
import { TEMPLATES, type Template } from "./templates";

export function Beginning({ onTemplate, onFile }: { onTemplate: (template: Template) => void; onFile: (file: File) => void }) {
  return (
    <>
      <div class="page-head"><h1>New training</h1></div>
      <div class="beginnings">
        {TEMPLATES.map((template) => (
          <section class="card beginning" key={template.id}>
            <h2>{template.label}</h2>
            <p class="quiet">{template.help}</p>
            <button type="button" class="is-primary" aria-label={`Begin: ${template.label}`} onClick={() => onTemplate(template)}>Begin</button>
          </section>
        ))}
        <section class="card beginning">
          <h2>A document of yours</h2>
          <p class="quiet">YAML or JSON, as for <code>assay run</code>, gcloud's <code>--config</code> or the REST API. It may be dropped anywhere on this page.</p>
          <FileButton onFile={onFile} label="Open a file" class="" />
        </section>
      </div>
    </>
  );
}
