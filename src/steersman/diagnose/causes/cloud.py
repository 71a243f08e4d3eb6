"""The commands of clouds and vaults: no credentials, no right, nothing there."""

from __future__ import annotations

from steersman.diagnose.log_rule import latest_of, log_rule

CREDENTIALS = log_rule(
    "cloud-credentials",
    (
        r"Unable to locate credentials|NoCredentialsError|Could not load credentials from any providers",
        r"NoCredentialProviders: no valid providers in chain|failed to (?:refresh cached|retrieve) credentials",
        r"(?P<name>InvalidAccessKeyId|SignatureDoesNotMatch|ExpiredToken\w*|InvalidClientTokenId"
        r"|UnrecognizedClientException|AuthFailure)",
        r"You do not currently have an active account selected|Could not find default credentials|could not find "
        r"default credentials",
        r"Reauthentication (?:failed|required)|Please run 'az login'|DefaultAzureCredential failed",
        r"Error making API request.*\b400\b.*token",
        r"(?P<name>The Access Key Id you provided does not exist in our records"
        r"|The request signature we calculated does not match)",
    ),
    problem="The cloud's API does not accept the hook's credentials, or the hook has none: {name}",
    explanation="The container has no keys and no identity that the cloud knows (workload identity, IRSA, an "
    "instance profile), or "
    "the keys in its Secret are wrong or expired.",
    fix="Give the hook's ServiceAccount the cloud's identity (eks.amazonaws.com/role-arn, iam.gke.io/gcp-service-account, "
    "azure.workload.identity/client-id) and name it in serviceAccountName in {path}, or put valid keys into a "
    "Secret and its env. A hook does "
    "not inherit them from the application's Deployment.",
    verify=("kubectl -n {namespace} get serviceaccounts -o yaml",),
)
RIGHTS = log_rule(
    "cloud-access-denied",
    (
        r"An error occurred \((?P<name>AccessDenied\w*|UnauthorizedOperation|AccessDeniedException)\)",
        r"(?P<name>AccessDenied): Access Denied|(?P<other>PERMISSION_DENIED|does not have \S+ access to .*)",
        r"\* (?P<third>permission denied)$|hvac\.exceptions\.Forbidden: (?P<name>permission denied)",
        r"AuthorizationFailed|AuthorizationPermissionMismatch",
    ),
    problem="The cloud (or vault) knows who asks and does not allow it: {name}{other}{third}.",
    explanation="The identity or token of the hook lacks the permission or policy for this call.",
    fix="Give the role, service account or vault policy that the hook uses the permission that the line names.",
)
OBJECT = log_rule(
    "cloud-object-missing",
    (
        r"An error occurred \((?:ResourceNotFoundException|NoSuchKey|ParameterNotFound|404)\).*: (?P<name>.*)",
        r"Key \"(?P<name>[^\"]+)\" does not exist|SecretNotFound|BlobNotFound|(?P<other>No URLs matched: \S+)",
        r"code = NotFound desc = Secret \[(?P<name>[^\]]+)\] not found",
    ),
    problem="The cloud has nothing under the name that the hook asks for: {name}{other}",
    explanation="The object, secret or parameter was never made, was removed, or is in another account, region or project.",
    fix="Correct its name (and the region or project) in the hook's values, or create it before.",
)
BUCKET = log_rule(
    "bucket-missing",
    (
        r"NoSuchBucket|The specified bucket does not exist",
        r"BucketNotFoundException: (?P<name>.*)",
        r"ContainerNotFound|bucket does not exist",
    ),
    problem="The bucket that the hook names does not exist.",
    explanation="Its name is wrong, it is in another account or region, or it was never created.",
    fix="Create the bucket, or correct its name in the values of the hook.",
)
REGION = log_rule(
    "cloud-not-configured",
    (
        r"You must specify a region|NoRegionError|Missing region in config",
        r"The required property \[(?P<name>\w+)\] is not currently set",
    ),
    problem="The cloud's command was not told where to work: no region or project is set. {name}",
    explanation="Outside a configured workstation nothing says which region or project is meant.",
    fix="Add AWS_REGION (or AWS_DEFAULT_REGION), CLOUDSDK_CORE_PROJECT … to `env` of the container in {path}.",
)

find = latest_of(CREDENTIALS, RIGHTS, OBJECT, BUCKET, REGION)
