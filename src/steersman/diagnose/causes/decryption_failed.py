"""A secret that cannot be decrypted in the hook: the key is not there, or another one."""

from __future__ import annotations

from steersman.diagnose.log_rule import log_rule

find = log_rule(
    "decryption-failed",
    (
        r"Failed to get the data key required to decrypt the SOPS file|(?P<name>failed to load age identities: .*)",
        r"gpg: (?:decryption failed: |public key decryption failed: )(?P<name>.*)"
        r"|(?P<name2>no identity matched any of the recipients)",
        r"^(?P<name>bad decrypt)$|digital envelope routines:.*(?P<name2>bad decrypt)",
        r"(?P<name>ActiveSupport::MessageEncryptor::InvalidMessage|The MAC is invalid|The payload is invalid)",
        r"cryptography\.fernet\.(?P<name>InvalidToken)|(?P<name2>Bad Magic Number|Error decrypting vault data.*)",
    ),
    problem="The hook cannot decrypt what it was given: {name}{name2}",
    explanation="The key is not in the container (a Secret that is not mounted, no access to the key service), "
    "or it is another key "
    "than the one that the data was encrypted with.",
    fix="Give the hook the key that belongs to the data (RAILS_MASTER_KEY, APP_KEY, SOPS_AGE_KEY_FILE, a key "
    "service's identity) in "
    "`env` or volumeMounts of {path}.",
    verify=("steer get hooks {release}",),
)
