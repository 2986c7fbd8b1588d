export function StartPage() {
  return <h1>New training</h1>;
}
