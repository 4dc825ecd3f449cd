# %% right: a template for each group
def share_in_groups(build, groups):
    """Call build on each tensor, so that the calls of one group share, and two groups do not."""
    templates = [tf.make_template("layer", build) for _ in groups]
    return [[template(x) for x in group] for template, group in zip(templates, groups)]

# %% right: a scope for each group, by number, where all calls but the first reuse
def share_in_groups(build, groups):
    alle = []
    for nummer, gruppe in enumerate(groups):
        ergebnisse = []
        for x in gruppe:
            with tf.variable_scope(f"gruppe{nummer}", reuse=len(ergebnisse) > 0):
                ergebnisse.append(build(x))
        alle.append(ergebnisse)
    return alle

# %% right: a scope with a default name, which starts to reuse after its first call
def share_in_groups(build, groups):
    def share(group):
        results = []
        with tf.variable_scope(None, default_name="group") as scope:
            for x in group:
                results.append(build(x))
                scope.reuse_variables()
        return tuple(results)

    return tuple(map(share, groups))

# %% right: the first call apart from the others
def share_in_groups(build, groups):
    out = []
    for first, *rest in groups:
        with tf.variable_scope("g%d" % len(out)) as scope:
            done = [build(first)]
        with tf.variable_scope(scope, reuse=True):
            done += [build(x) for x in rest]
        out.append(done)
    print("variables:", len(tf.global_variables()))
    return out

# %% wrong -, 2 points, loses test-template-shares: one template for all groups
def share_in_groups(build, groups):
    shared = tf.make_template("shared", build)
    return [[shared(x) for x in group] for group in groups]

# %% wrong -, 0 points, loses test-template-shares test-template-strict: a template for each call
def share_in_groups(build, groups):
    return [[tf.make_template("group", build)(x) for x in group] for group in groups]

# %% wrong M8, 2 points, loses test-template-strict: believes that AUTO_REUSE is simply the safer default
def share_in_groups(build, groups):
    results = []
    for number, group in enumerate(groups):
        with tf.variable_scope(f"group_{number}", reuse=tf.AUTO_REUSE):
            results.append([build(x) for x in group])
    return results

# %% wrong M4, 0 points, loses test-template-shares test-template-strict: believes that get_variable gets or creates without a word
def share_in_groups(build, groups):
    results = []
    for number, group in enumerate(groups):
        with tf.variable_scope("group" + str(number)):
            results.append([build(x) for x in group])
    return results

# %% wrong -, 2 points, loses test-template-shares: returns one flat list
def share_in_groups(build, groups):
    results = []
    for group in groups:
        template = tf.make_template("group", build)
        results.extend(template(x) for x in group)
    return results

# %% wrong M5, 0 points, loses test-template-shares test-template-strict: believes that reuse=True creates what is missing
def share_in_groups(build, groups):
    results = []
    for number, group in enumerate(groups):
        with tf.variable_scope(f"group{number}", reuse=True):
            results.append([build(x) for x in group])
    return results

# %% wrong -, 0 points, loses test-template-shares test-template-strict: gives the first input to every call of a group
def share_in_groups(build, groups):
    results = []
    for group in groups:
        template = tf.make_template("group", build)
        results.append([template(group[0]) for _ in group])
    return results
