"""Five nouns, in `model`: Article, Claim, Fact, Sheet, and the Page that `render` makes of them.

The five verbs live in modules of their names, which load what they need when asked for: `extract.extract` (spaCy),
`reconcile.reconcile`, `render.render` (Jinja), `build.build` and `build.refresh`.
"""
