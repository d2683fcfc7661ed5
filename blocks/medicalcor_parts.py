"""What MedicalCor usually calls the parts that its environment names: services, fields of logs, dependencies.

Names are those of its page, such as `medicalcor.t304`; where the page gives none, the field says so by having none.
"""

from __future__ import annotations

from pydantic import Field

from blocks.parts import Part


class RunService(Part):
    """A service of Cloud Run."""

    name: str = Field(description="Name of the service.")
    container: str = Field(default="", description="Name of the container that serves; the only one where empty.")
    address: str = Field(description="Address at which it answers, without a path.")
    least: int = Field(default=0, ge=0, description="Instances that are always kept.")
    most: int = Field(default=10, ge=1, description="Instances that it may have at most.")
    runs_as: str = Field(default="", description="Service account of its containers.")


class Pool(Part):
    """Connections to the database that each instance of a service keeps."""

    application: str = Field(description="What its sessions call themselves (`application_name`).")
    service: str = Field(description="Service of Cloud Run.")
    container: str = Field(default="", description="Name of the container; any of them where empty.")
    variable: str = Field(default="DATABASE_POOL_SIZE", description="Variable of the container that says how many.")


class Fields(Part):
    """Where an entry of Cloud Logging keeps what runbooks read: paths below `jsonPayload`."""

    level: str = Field(default="level", description="How bad it is.")
    message: str = Field(default="msg", description="What happened. Never shown: it may hold what a patient wrote.")
    component: str = Field(default="component", description="Part of the application that says it.")
    shown: str = Field(
        default="keyFingerprint",
        description="Of a refused request: the first eight hexadecimal digits of the SHA-256 of the key it showed.",
    )
    duration: str = Field(default="duration", description="How long a request took, in milliseconds.")


class CallerKey(Part):
    """The key by which others call the API: where it is shown, and where the API reads what it compares it with."""

    header: str = Field(default="X-Api-Key", description="Header that it is shown in.")
    path: str = Field(default="/api/v1/leads", description="A page that only answers whoever shows the key.")
    variable: str = Field(default="API_SECRET_KEY", description="Variable of the API's container that it is read from.")
    kept_as: str = Field(default="medicalcor-api-key", description="Its name in Secret Manager.")
    version: int = Field(
        default=0,
        ge=0,
        description="Which version of it is the key that was issued; while it is 0 nobody knows, and none is deployed.",
    )
    component: str = Field(default="api-key", description="Part of the application that logs whom it refuses.")


class SignIns(Part):
    """How people who are signed in stay so: what the pages' container is told, and what it logs of them.

    The two lifetimes are no secret, and are all that may be set: `900`, `15m` and `8h` are times.
    """

    token_variable: str = Field(default="JWT_EXPIRES_IN", description="Variable that says how long a token is good.")
    token_lasts: str = Field(default="15m", description="What that should be; then a token is renewed.")
    session_variable: str = Field(
        default="JWT_REFRESH_EXPIRES_IN", description="Variable that says how long tokens are renewed."
    )
    session_lasts: str = Field(default="8h", description="What that should be; then people sign in again.")
    kept_as: str = Field(
        default="medicalcor-jwt-secret", description="Name in Secret Manager of what tokens are signed with."
    )
    component: str = Field(default="session", description="Part of the application that logs who is signed out.")
    age: str = Field(default="tokenAge", description="Of whoever is signed out: the age of what was over, in seconds.")

    @property
    def declared(self) -> dict[str, str]:
        """The variables that may be set, and to what."""
        return {self.token_variable: self.token_lasts, self.session_variable: self.session_lasts}


class Dependency(Part):
    """A service of somebody else that MedicalCor calls."""

    name: str = Field(description="What it is called in sentences.")
    breaker: str = Field(description="Name of its circuit breaker in the API's health pages.")
    status_page: str = Field(description="Its public status page, without a path.")
    component: str = Field(default="", description="Component of that page that matters; the whole page where empty.")
    words: tuple[str, ...] = Field(default=(), description="Words by which it is named in log entries.")


class ModelCalls(Part):
    """Where it says what its calls of models take: entries of its log, and a counter in Managed Prometheus.

    An entry of each call names the feature, the model, the tokens, and for whom it was, as a hash and never otherwise.
    """

    message: str = Field(default="ai_call", description="What the message of such an entry is.")
    lead: str = Field(default="leadHash", description="For whom: 16 or more hexadecimal digits of a keyed hash.")
    tokens: str = Field(default="tokens", description="Tokens that were sent and answered together.")
    model: str = Field(default="model", description="Which model answered.")
    feature: str = Field(default="feature", description="What of the application called it.")
    metric: str = Field(
        default="prometheus.googleapis.com/ai_tokens_total/counter",
        description="Counter of tokens in Cloud Monitoring, over all instances (`medicalcor.t394`).",
    )


API = RunService(
    name="medicalcor-api",
    address="https://api.medicalcor.com",
    least=1,
    runs_as="medicalcor-api@PROJECT.iam.gserviceaccount.com",  # the page names none: put yours
)
WEB = RunService(name="medicalcor-web", address="https://app.medicalcor.com", least=1)

POOLS = (Pool(application="medicalcor-api", service="medicalcor-api"),)

DEPENDENCIES = (
    Dependency(name="OpenAI", breaker="openai", status_page="https://status.openai.com", words=("openai",)),
    Dependency(name="HubSpot", breaker="hubspot", status_page="https://status.hubspot.com", words=("hubspot",)),
    Dependency(name="WhatsApp", breaker="whatsapp", status_page="https://status.360dialog.com", words=("whatsapp",)),
    Dependency(name="Stripe", breaker="stripe", status_page="https://status.stripe.com", words=("stripe",)),
)
"""Those that the page names in its second question."""
