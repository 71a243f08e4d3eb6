"""Helm's plugins: commands, getters of other protocols, and post-renderers, kept where Helm keeps them.

A plugin is a folder with a `plugin.yaml` of one of two kinds (`manifest`): the legacy one of Helm 3, or Helm 4's
`apiVersion: v1`. `finding` looks for them, `running` runs one, `installing` and its neighbours put them there and take them away.
"""
