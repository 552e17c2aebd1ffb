// Prints the title of a page, asking until the server answers; fails after a while.
const [url] = process.argv.slice(2);
for (let tries = 1; ; tries += 1) {
  try {
    const response = await fetch(url);
    const page = await response.text();
    console.log(`${url} answers ${response.status}: ${/<title>(.*)<\/title>/.exec(page)?.[1] ?? "no title"}`);
    process.exit(response.ok ? 0 : 1);
  } catch (error) {
    if (tries === 100) throw error;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
