"""Completion for PowerShell, which click does not have: the script, and what it asks."""

from __future__ import annotations

import os

from click.shell_completion import CompletionItem, ShellComplete, add_completion_class

NAME = "powershell"
# Words and the word that is begun come in variables of their own: PowerShell has taken the line apart already.
_SCRIPT = """\
Register-ArgumentCompleter -Native -CommandName '%(prog_name)s' -ScriptBlock {
    param($wordToComplete, $commandAst, $cursorPosition)
    $words = @($commandAst.CommandElements |
        Where-Object { $_.Extent.StartOffset -lt $cursorPosition } |
        ForEach-Object { $_.Extent.Text })
    if ($wordToComplete -ne '' -and $words.Count -gt 1) {
        $words = @($words[0..($words.Count - 2)])
    }
    $env:COMP_WORDS = $words -join "`n"
    $env:COMP_CURRENT = $wordToComplete
    $env:%(complete_var)s = 'powershell_complete'
    try {
        & $words[0] | ForEach-Object {
            $kind, $value, $about = $_ -split "`t", 3
            if ($kind -ne 'plain') {
                [System.Management.Automation.CompletionCompleters]::CompleteFilename($wordToComplete)
            } else {
                if (-not $about) { $about = $value }
                [System.Management.Automation.CompletionResult]::new($value, $value, 'ParameterValue', $about)
            }
        }
    } finally {
        Remove-Item Env:COMP_WORDS, Env:COMP_CURRENT, Env:%(complete_var)s -ErrorAction SilentlyContinue
    }
}
"""


class PowerShellComplete(ShellComplete):
    """Answers with a line for each word: its kind, the word, and what it is about, parted by tabs."""

    name = NAME
    source_template = _SCRIPT

    def get_completion_args(self) -> tuple[list[str], str]:
        words = [_unquoted(word) for word in os.environ.get("COMP_WORDS", "").split("\n")]
        return words[1:], _unquoted(os.environ.get("COMP_CURRENT", ""))

    def format_completion(self, item: CompletionItem) -> str:
        about = " ".join((item.help or "").split())
        return f"{item.type}\t{item.value}\t{about}"


def _unquoted(word: str) -> str:
    return word[1:-1] if len(word) > 1 and word[0] == word[-1] and word[0] in "\"'" else word


def register() -> None:
    """Let click know of it."""
    add_completion_class(PowerShellComplete, NAME)
