export function ModelPage({ model }: { model: string }) {
  return <h1>Model {model}</h1>;
}
