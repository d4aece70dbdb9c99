# All images at once: `scripts/images`. A tag other than `dev` is for releases.
variable "IMAGE_TAG" {
  default = "dev"
}

variable "APP_VERSION" {
  default = "0.0.0"
}

group "default" {
  targets = ["images"]
}

target "images" {
  matrix = {
    role = ["base", "proxy", "app", "db", "pooler", "cache", "store", "toolbox", "monitoring", "pebble"]
  }
  name       = role
  target     = role
  context    = "."
  dockerfile = "stack/images/Dockerfile"
  tags       = ["drillbook/${role}:${IMAGE_TAG}"]
  args = {
    APP_VERSION = APP_VERSION
  }
}

# For upgrades of the database only, and so not among all: `scripts/images db-upgrade`.
target "db-upgrade" {
  target     = "db-upgrade"
  context    = "."
  dockerfile = "stack/images/Dockerfile"
  tags       = ["drillbook/db-upgrade:${IMAGE_TAG}"]
}
