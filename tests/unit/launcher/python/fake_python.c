#include "fake_python.h"

#include "tests/unit/launcher/support.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* %s: the test's folder. */
static const char script[] =
    "#!/bin/sh\n"
    "folder='%s'\n"
    "echo \"$*\" | head -n 1 >> \"$folder/asked\"\n"
    "case \"$1 $2\" in\n"
    "-c*) cat \"$folder/answer\" ;;\n"
    "'-m venv')\n"
    "    for dir; do :; done\n"
    "    mkdir -p \"$dir/bin\" \"$dir/lib/python3.11/site-packages\"\n"
    "    cp \"$0\" \"$dir/bin/python\" ;;\n"
    "'-m pip')\n"
    "    for package; do :; done\n"
    "    echo \"Processing $package\"\n"
    "    case $(cat \"$package\") in\n"
    "    refuse) echo 'ERROR: it is refused' >&2; exit 1 ;;\n"
    "    network) echo 'ERROR: connection broken by a test' >&2; exit 1 ;;\n"
    "    wait) touch \"$folder/waits\"; while ! [ -e \"$folder/go on\" ]; do sleep 0.01; done ;;\n"
    "    esac ;;\n"
    "esac\n";

/* Behind what another may say at an interpreter's start. */
static const char answer[] =
    "hello\n"
    "{\"program\": \"%s\", \"real\": \"%s\", \"version\": \"3.11.2 (main)\", "
    "\"number\": \"3.11.2\", \"isOld\": false, \"prefix\": \"/usr\", \"sites\": [], "
    "\"hasVenv\": true, \"hasPip\": true, \"hasEnsurepip\": false}\n";

struct python_env_store *fake_python_store(const struct fake_python *fake)
{
    struct python_env_options options = { .dir = fake->store, .env = assay_env_system() };
    struct assay_error err = { 0 };
    struct python_env_store *store = python_env_store_new(&options, &err);

    cr_assert(store != NULL, "%s", err.message);
    return store;
}

void fake_python_open(struct fake_python *fake)
{
    char text[4096];

    support_folder_make(fake->folder);
    (void)snprintf(fake->program, sizeof fake->program, "%s/python", fake->folder);
    (void)snprintf(fake->store, sizeof fake->store, "%s/state/python", fake->folder);
    (void)snprintf(text, sizeof text, script, fake->folder);
    support_write(fake->folder, "python", text, 0700);
    (void)snprintf(text, sizeof text, answer, fake->program, fake->program);
    support_write(fake->folder, "answer", text, 0600);
    support_write(fake->folder, "asked", "", 0600);
    fake->envs = fake_python_store(fake);
}

void fake_python_close(struct fake_python *fake)
{
    python_env_store_free(fake->envs);
    support_folder_remove(fake->folder);
}

bool fake_python_ensure(struct fake_python *fake, struct python_env_store *store,
                        const char *package, struct python_env *env, struct assay_error *err)
{
    char path[512];
    const char *const packages[] = { path };
    struct python_launch python = { .interpreter = fake->program,
                                    .packages = packages,
                                    .package_count = 1 };
    struct python_env_request request = { .python = &python };

    (void)snprintf(path, sizeof path, "%s/%s", fake->folder, package);
    *err = (struct assay_error){ 0 };
    return python_env_ensure(store, &request, env, err);
}

int fake_python_count(const struct fake_python *fake, const char *text)
{
    char *asked = support_read(fake->folder, "asked", NULL);
    int count = 0;

    for (const char *at = asked; (at = strstr(at, text)) != NULL; at++)
        count++;
    free(asked);
    return count;
}
