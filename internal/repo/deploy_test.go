package repo

import (
	"crypto/sha256"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/tidemark/tidemark/internal/config"
	"github.com/tidemark/tidemark/internal/testkit"
)

// TestExampleConfigurationIsRead: strictly, as the program reads it.
func TestExampleConfigurationIsRead(t *testing.T) {
	t.Parallel()
	got, err := config.Load(filepath.Join(root, "deploy/config.yaml"), nil)
	if err != nil {
		t.Fatal(err)
	}
	if got.Process.Assignment != "group" {
		t.Errorf("the example for servers has assignment %q", got.Process.Assignment)
	}
}

// TestComposeFileFitsTheTree: what it mounts is there, what it sets is
// understood, and what it uses is declared.
func TestComposeFileFitsTheTree(t *testing.T) {
	t.Parallel()
	file, known := testkit.ReadCompose(t), config.Variables()
	for name, service := range file.Services {
		for variable := range service.Environment {
			if _, ok := known[variable]; strings.HasPrefix(variable, "TIDEMARK_") && !ok && variable != config.EnvConfig {
				t.Errorf("service %s sets %s, which is no setting", name, variable)
			}
		}
		for _, volume := range service.Volumes {
			source, _, _ := strings.Cut(volume, ":")
			if !strings.HasPrefix(source, "./") {
				if _, ok := file.Volumes[source]; !ok {
					t.Errorf("service %s uses volume %s, which is not declared", name, source)
				}
				continue
			}
			if _, err := os.Stat(filepath.Join(root, source)); err != nil {
				t.Errorf("service %s mounts %s: %v", name, source, err)
			}
		}
		for _, secret := range service.Secrets {
			if _, ok := file.Secrets[secret]; !ok {
				t.Errorf("service %s uses secret %s, which is not declared", name, secret)
			}
		}
		for other := range service.DependsOn {
			if _, ok := file.Services[other]; !ok {
				t.Errorf("service %s waits for %s, which is not there", name, other)
			}
		}
	}
	for _, name := range []string{"kafka", "clickhouse", "migrate", "collect", "process", "grafana", "prometheus", "alertmanager"} {
		if _, ok := file.Services[name]; !ok {
			t.Errorf("there is no service %s", name)
		}
	}
}

// TestComposeIsHardened: every container runs as nobody in particular, writes to
// its volumes only, and ends, fills a disk or takes the machine for nobody.
func TestComposeIsHardened(t *testing.T) {
	t.Parallel()
	for name, s := range testkit.ReadCompose(t).Services {
		for what, holds := range map[string]bool{
			"has a version that moves":                pinned.MatchString(s.Image),
			"runs as root":                            regexp.MustCompile(`^[1-9]\d*:\d+$`).MatchString(s.User),
			"can write to its file system":            s.ReadOnly,
			"keeps capabilities":                      slices.Equal(s.CapDrop, []string{"ALL"}) && len(s.CapAdd) == 0 && !s.Privileged,
			"can gain privileges":                     slices.Contains(s.SecurityOpt, "no-new-privileges:true"),
			"is in the host's network":                s.Network == "",
			"has a log without end":                   s.Logging.Options["max-size"] != "" && s.Logging.Options["max-file"] != "",
			"has no time to end in":                   s.Grace != "",
			"has no health check":                     len(s.Health.Test) > 1 || name == "migrate" && s.Health.Disable,
			"has no limit of memory, cpus or threads": has(s.Deploy.Resources.Limits, "memory", "cpus", "pids"),
		} {
			if !holds {
				t.Errorf("service %s %s", name, what)
			}
		}
		for _, port := range s.Ports {
			if !strings.HasPrefix(port, "127.0.0.1:") {
				t.Errorf("service %s opens port %s to the network", name, port)
			}
		}
		for _, volume := range s.Volumes {
			if strings.HasPrefix(volume, "./") && !strings.HasSuffix(volume, ":ro") {
				t.Errorf("service %s can write to the repository: %s", name, volume)
			}
		}
		for _, tmpfs := range s.Tmpfs {
			if !strings.Contains(tmpfs, "size=") {
				t.Errorf("service %s has memory without end at %s", name, tmpfs)
			}
		}
	}
}

// pinned is a version with its patch (ClickHouse has a fourth number), and nothing
// that would move with a release.
var pinned = regexp.MustCompile(`:v?\d+\.\d+\.\d+(\.\d+)?$|^tidemark:\$\{IMAGE_TAG:-local\}$`)

func has(limits map[string]any, names ...string) bool {
	return !slices.ContainsFunc(names, func(name string) bool { return limits[name] == nil })
}

// TestNoSecretIsInAVariable: a variable is seen by `docker inspect`, and by every
// process of the container. Passwords are files.
func TestNoSecretIsInAVariable(t *testing.T) {
	t.Parallel()
	telling := regexp.MustCompile(`(?i)password|secret|token|_key$|credential`)
	file := testkit.ReadCompose(t)
	for name, s := range file.Services {
		for variable, value := range s.Environment {
			if telling.MatchString(variable) && !strings.HasPrefix(value, "/run/secrets/") {
				t.Errorf("service %s has a secret in %s", name, variable)
			}
			if secret, ok := strings.CutPrefix(value, "/run/secrets/"); ok && !slices.Contains(s.Secrets, secret) {
				t.Errorf("service %s reads %s, and is not given it", name, value)
			}
			if u, err := url.Parse(value); err == nil && u.User != nil {
				if _, has := u.User.Password(); has {
					t.Errorf("service %s has a password in %s", name, variable)
				}
			}
		}
	}
	if text := read(t, "docker-compose.yml"); regexp.MustCompile(`\$\{[A-Z_]*(PASSWORD|TOKEN|SECRET)`).MatchString(text) {
		t.Error("docker-compose.yml takes a password from a variable")
	}
	ignored := read(t, ".gitignore")
	for name, secret := range file.Secrets {
		if !strings.HasPrefix(secret.File, "./deploy/secrets/") || !strings.Contains(ignored, "/deploy/secrets/") {
			t.Errorf("the secret %s lies where git sees it: %s", name, secret.File)
		}
	}
}

// TestPasswordsAreMadeAndHandedOver runs the two scripts: passwords are made
// once, and the server's own start sees sums only, which its users.d names.
func TestPasswordsAreMadeAndHandedOver(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "secrets")
	for range 2 {
		if out, err := exec.CommandContext(t.Context(), "bash", filepath.Join(root, "deploy/secrets.sh"), dir).CombinedOutput(); err != nil {
			t.Fatalf("%v: %s", err, out)
		}
	}
	folder, err := os.Stat(dir)
	if err != nil || folder.Mode().Perm() != 0o700 {
		t.Errorf("the folder of the passwords: %v, %v", folder.Mode(), err)
	}
	start := exec.CommandContext(t.Context(), "bash", filepath.Join(root, "deploy/clickhouse/start.sh"), "env")
	start.Env = append(os.Environ(), "SECRETS_DIR="+dir)
	out, err := start.CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	for secret, variable := range map[string]string{
		"clickhouse_password": "TIDEMARK_SHA256", "analyst_password": "ANALYST_SHA256", "grafana_clickhouse_password": "GRAFANA_SHA256",
	} {
		text, err := os.ReadFile(filepath.Join(dir, secret))
		password := strings.TrimRight(string(text), "\n")
		if err != nil || len(password) < 24 {
			t.Fatalf("%s: %d signs, %v", secret, len(password), err)
		}
		if sum := fmt.Sprintf("%s=%x", variable, sha256.Sum256([]byte(password))); !strings.Contains(string(out), sum) || strings.Contains(string(out), password) {
			t.Errorf("%s is handed over as\n%s", secret, out)
		}
		if !strings.Contains(read(t, "deploy/clickhouse/users.d/tidemark.xml"), `from_env="`+variable+`"`) {
			t.Errorf("no user of ClickHouse has %s", variable)
		}
	}
	if err := os.Remove(filepath.Join(dir, "analyst_password")); err != nil {
		t.Fatal(err)
	}
	start = exec.CommandContext(t.Context(), "bash", filepath.Join(root, "deploy/clickhouse/start.sh"), "env")
	start.Env = append(os.Environ(), "SECRETS_DIR="+dir)
	if out, err := start.CombinedOutput(); err == nil {
		t.Errorf("it starts without a password: %s", out)
	}
}

// TestFilesForServersAreRead: by a parser, where their own program is not at hand.
func TestFilesForServersAreRead(t *testing.T) {
	t.Parallel()
	for _, name := range tracked(t) {
		if !strings.HasPrefix(name, "deploy/") || filepath.Ext(name) != ".xml" {
			continue
		}
		decoder := xml.NewDecoder(strings.NewReader(read(t, name)))
		for {
			if _, err := decoder.Token(); errors.Is(err, io.EOF) {
				break
			} else if err != nil {
				t.Errorf("%s: %v", name, err)
				break
			}
		}
	}
}

// TestDockerfile: small, by an unprivileged user, from pinned images, with glibc.
func TestDockerfile(t *testing.T) {
	t.Parallel()
	text := read(t, "deploy/Dockerfile")
	stages := regexp.MustCompile(`(?m)^FROM (\S+)( AS \S+)?$`).FindAllStringSubmatch(text, -1)
	if len(stages) < 3 {
		t.Fatalf("%d stages found", len(stages))
	}
	for _, stage := range stages {
		if !regexp.MustCompile(`:\d+\.\d+(\.\d+)?-`).MatchString(stage[1]) || strings.Contains(stage[1], "alpine") {
			t.Errorf("the stage from %s is not pinned, or has no glibc", stage[1])
		}
	}
	last := text[strings.LastIndex(text, "\nFROM "):]
	for _, want := range []string{"\nUSER 10001:10001\n", "\nSTOPSIGNAL SIGTERM\n", "\nHEALTHCHECK ", "\nENTRYPOINT [\"tidemark\"]\n", "--no-install-recommends", "rm -rf /var/lib/apt/lists"} {
		if !strings.Contains(last, want) {
			t.Errorf("the image lacks %q", want)
		}
	}
	for _, bad := range []string{"\nADD ", "sudo", "curl | ", "apt-get upgrade", "chmod 777", ":latest", "ARG PASSWORD", "\nENV "} {
		if strings.Contains(text, bad) {
			t.Errorf("the Dockerfile has %q", bad)
		}
	}
	if major := regexp.MustCompile(`(?m)^go (\d+\.\d+)`).FindStringSubmatch(read(t, "go.mod"))[1]; !strings.Contains(text, "FROM golang:"+major+".") {
		t.Errorf("the Dockerfile builds with another Go than %s", major)
	}
}
