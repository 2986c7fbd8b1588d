// node bundle.mjs MODULES OUT
//
// Bundles the page beside this file with the packages of MODULES/node_modules and writes to OUT: the assets, plain
// and compressed; web_bytes.S, which has the assembler include them; web_list.c, which lists them; web.d, what all of
// this was made from. The same files give the same bytes.

import { createHash } from "node:crypto";
import * as fs from "node:fs";
import { createRequire } from "node:module";
import * as path from "node:path";
import * as url from "node:url";
import * as zlib from "node:zlib";

const [modules, out] = process.argv.slice(2);
const here = path.dirname(url.fileURLToPath(import.meta.url));
const page = path.join(here, "page");
const esbuild = createRequire(path.join(modules, "package.json"))("esbuild");

const CONTENT_TYPES = {
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".txt": "text/plain; charset=utf-8",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".ico": "image/x-icon",
    ".woff2": "font/woff2",
};

const common = {
    absWorkingDir: here,
    nodePaths: [path.join(modules, "node_modules")],
    bundle: true,
    minify: true,
    write: false,
    metafile: true,
    charset: "utf8",
    legalComments: "external",
    target: "es2022",
    jsx: "automatic",
    jsxImportSource: "preact",
    define: { "process.env.NODE_ENV": '"production"' },
    logLevel: "warning",
    outdir: out,
};

// The page: what it imports later is a file of its own, named by what is in it.
const pageBuild = {
    ...common,
    entryPoints: { app: "page/main.tsx" },
    format: "esm",
    splitting: true,
    chunkNames: "[name]-[hash]",
    assetNames: "[name]-[hash]",
    publicPath: "/web",
    loader: { ".svg": "file", ".png": "file", ".woff2": "file" },
};

// The report is one file that is opened from a disk: nothing may be left to fetch.
const reportBuild = {
    ...common,
    entryPoints: { report: "page/report.tsx" },
    format: "iife",
    loader: { ".svg": "dataurl", ".png": "dataurl", ".woff2": "dataurl" },
};

function packageOf(input) {
    const match = /^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(input);
    return match && match[1];
}

// LICENSE, NOTICE, and the files of a folder "licenses".
function licenseFiles(folder) {
    const names = fs.readdirSync(folder).filter((name) => /^(licen[cs]e|notice)/i.test(name)).sort();
    return names.map((name) => path.join(folder, name)).flatMap((file) => (fs.statSync(file).isDirectory()
        ? fs.readdirSync(file).sort().map((name) => path.join(file, name)) : [file]));
}

// Name, version, licence and its text of every package that is in a bundle, and what their files say themselves.
function licenses(inputs, legal) {
    const folders = [...new Set(inputs.map(packageOf).filter(Boolean))];
    const texts = folders.map((folder) => {
        const about = JSON.parse(fs.readFileSync(path.join(folder, "package.json"), "utf8"));
        const said = licenseFiles(folder).map((file) => fs.readFileSync(file, "utf8").trim());
        return [`${about.name} ${about.version} (${about.license})`, ...said].join("\n\n");
    });
    const comments = [...new Set(legal.map((text) => text.trim()))];
    return [...texts.sort(), ...comments].join("\n\n" + "-".repeat(70) + "\n\n") + "\n";
}

function isHashed(name) {
    return /-[0-9A-Z]{8}\.[a-z0-9]+$/.test(name);
}

function assetOf(name, bytes) {
    const gzip = zlib.gzipSync(bytes, { level: 9 });
    gzip[9] = 255; // of which system it was: unknown, so that all give the same
    const isSmaller = gzip.length < bytes.length;
    const hash = createHash("sha256").update(bytes).digest("hex");
    return { name, bytes, hash, gzip: isSmaller ? gzip : null };
}

// Sorted by path, as web_assets.c searches them.
async function makeAssets() {
    const builds = [await esbuild.build(pageBuild), await esbuild.build(reportBuild)];
    const files = builds.flatMap((build) => build.outputFiles);
    const inputs = builds.flatMap((build) => Object.keys(build.metafile.inputs)).map((name) => path.resolve(here, name));
    const isLegal = (file) => file.path.endsWith(".LEGAL.txt");
    const still = fs.readdirSync(page).filter((name) => /\.(html|svg|png|ico)$/.test(name))
        .map((name) => path.join(page, name));
    const assets = [
        ...files.filter((file) => !isLegal(file)).map((file) => assetOf(path.basename(file.path), file.contents)),
        ...still.map((file) => assetOf(path.basename(file), fs.readFileSync(file))),
        assetOf("licenses.txt", Buffer.from(licenses(inputs, files.filter(isLegal).map((file) => file.text)))),
    ];
    assets.sort((one, other) => (one.name < other.name ? -1 : 1));
    return { assets, sources: [...inputs, ...still] };
}

function writeAsset(folder, asset) {
    fs.writeFileSync(path.join(folder, asset.name), asset.bytes);
    if (asset.gzip) {
        fs.writeFileSync(path.join(folder, `${asset.name}.gz`), asset.gzip);
    }
}

function quoted(text) {
    return JSON.stringify(text);
}

// What is embedded has its hash in a comment: the assembler is asked again when it is another.
function assembly(folder, assets) {
    const lines = ["    .section .rodata", ""];
    const add = (symbol, file, hash) => lines.push(`    .globl ${symbol}`, `    .hidden ${symbol}`, "    .balign 16",
        `${symbol}: /* ${hash} */`, `    .incbin ${quoted(path.join(folder, file))}`, "");
    assets.forEach((asset, i) => {
        add(`web_asset_bytes_${i}`, asset.name, asset.hash);
        if (asset.gzip) {
            add(`web_asset_gzip_${i}`, `${asset.name}.gz`, asset.hash);
        }
    });
    return [...lines, '    .section .note.GNU-stack, "", %progbits', ""].join("\n");
}

function listEntry(asset, i) {
    const type = CONTENT_TYPES[path.extname(asset.name)] ?? "application/octet-stream";
    return [
        `    { .path = ${quoted(asset.name)},`,
        `      .content_type = ${quoted(type)},`,
        `      .etag = ${quoted(`W/"${asset.hash.slice(0, 32)}"`)},`,
        `      .is_immutable = ${isHashed(asset.name)},`,
        `      .bytes = web_asset_bytes_${i},`,
        `      .size = ${asset.bytes.length},`,
        ...(asset.gzip ? [`      .gzip = web_asset_gzip_${i},`, `      .gzip_size = ${asset.gzip.length},`] : []),
        "    },",
    ].join("\n");
}

function list(assets) {
    const declared = assets.flatMap((asset, i) => [
        `extern const unsigned char web_asset_bytes_${i}[];`,
        ...(asset.gzip ? [`extern const unsigned char web_asset_gzip_${i}[];`] : []),
    ]);
    return ['#include "engine/web/web_assets.h"', "", ...declared, "", "const struct web_asset web_asset_list[] = {",
        ...assets.map(listEntry), "};", `const size_t web_asset_count = ${assets.length};`, ""].join("\n");
}

function depfile(sources) {
    const escaped = [...new Set(sources)].sort().map((name) => name.replace(/[ #\\]/g, "\\$&"));
    return `${path.join(out, "web_list.c")}: \\\n  ${escaped.join(" \\\n  ")}\n`;
}

const { assets, sources } = await makeAssets();
const folder = path.join(out, "assets");
fs.rmSync(folder, { recursive: true, force: true });
fs.mkdirSync(folder, { recursive: true });
assets.forEach((asset) => writeAsset(folder, asset));
fs.writeFileSync(path.join(out, "web_bytes.S"), assembly(folder, assets));
fs.writeFileSync(path.join(out, "web_list.c"), list(assets));
fs.writeFileSync(path.join(out, "web.d"), depfile(sources));
