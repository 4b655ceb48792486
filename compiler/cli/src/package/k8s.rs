//! Manifests for Kubernetes, in one file: what runs the image, how it is reached, and how it grows
//! past one machine. A site without state has as many pods as it needs; one with state has one.

use std::fmt::Write as _;
use std::path::PathBuf;

use serde_json::Value as Json;
use sitec_compiler::needs::Written;

use super::packed::Packed;
use super::tree::SERVER_ID;
use crate::shell;

/// The text; `image` is where the image will be.
pub(super) fn text(packed: &Packed<'_>, image: &str) -> String {
    let mut text = preface(packed, image);
    text += &deployment(packed, image);
    text += &service(packed);
    text += &ingress(packed);
    if packed.is_stateless() {
        text += &autoscaler(packed);
        text += &disruption_budget(packed);
    } else {
        text += &claim(packed);
    }
    text
}

/// A text as YAML has it in quotes, which is as JSON has it.
fn quoted(text: impl Into<String>) -> String {
    Json::from(text.into()).to_string()
}

fn preface(packed: &Packed<'_>, image: &str) -> String {
    let name = &packed.naming.name;
    let mut text = format!(
        "# {name} on Kubernetes. Written by sitec. The image `{image}` must be where the cluster finds it.\n"
    );
    if packed.is_stateless() {
        text += "# The site keeps nothing: it may run any number of times.\n";
    } else {
        text += "# The site keeps what clients store, in one volume: it runs once. For more, the volume must be\n\
                 # one that several nodes write to (ReadWriteMany).\n";
    }
    if !packed.contents.secrets.is_empty() {
        let _ = write!(
            text,
            "# Its keys and passwords are in a secret, which is to be there first:\n\
             #   kubectl create secret generic {name}-files"
        );
        let files = packed.contents.secrets.iter();
        for (file, key) in files.clone().zip(keys(files)) {
            let _ =
                write!(text, " \\\n#     --from-file={key}={}", shell::quoted(packed.here(file)));
        }
        text.push('\n');
    }
    text
}

/// The keys of files in a secret, or of folders in a volume: each has another.
fn keys<'a>(files: impl Iterator<Item = &'a PathBuf>) -> Vec<String> {
    let plain = |c: char| if c.is_ascii_alphanumeric() || "._-".contains(c) { c } else { '-' };
    let mut keys: Vec<String> = Vec::new();
    for file in files {
        let text = file.display().to_string();
        let key: String = text.trim_start_matches('/').chars().map(plain).collect();
        let numbered = (2..).map(|number| format!("{key}-{number}"));
        let free = std::iter::once(key.clone()).chain(numbered).find(|key| !keys.contains(key));
        keys.push(free.unwrap_or(key));
    }
    keys
}

fn head(kind: &str, version: &str, name: &str) -> String {
    format!(
        "---\napiVersion: {version}\nkind: {kind}\nmetadata:\n  name: {name}\n  labels:\n    \
         app.kubernetes.io/name: {name}\nspec:\n"
    )
}

fn deployment(packed: &Packed<'_>, image: &str) -> String {
    let naming = packed.naming;
    let name = &naming.name;
    let mut text = head("Deployment", "apps/v1", name);
    match packed.is_stateless() {
        // How many there are is the autoscaler's to say.
        true => {
            text += "  strategy:\n    rollingUpdate:\n      maxUnavailable: 0\n      maxSurge: 1\n"
        }
        false => text += "  replicas: 1\n  strategy:\n    type: Recreate\n",
    }
    let version = quoted(&*naming.version);
    let grace_s = packed.shutdown_s().unwrap_or(300) + 10;
    let _ = write!(
        text,
        "  selector:\n    matchLabels:\n      app.kubernetes.io/name: {name}\n  template:\n    metadata:\n      \
         labels:\n        app.kubernetes.io/name: {name}\n        app.kubernetes.io/version: {version}\n    \
         spec:\n      automountServiceAccountToken: false\n      enableServiceLinks: false\n      \
         terminationGracePeriodSeconds: {grace_s}\n      securityContext:\n        runAsNonRoot: true\n        \
         runAsUser: {SERVER_ID}\n        runAsGroup: {SERVER_ID}\n        fsGroup: {SERVER_ID}\n        \
         seccompProfile:\n          type: RuntimeDefault\n"
    );
    let least = packed.ports().iter().map(|(port, _)| *port).min();
    if least.is_some_and(|port| port < 1024) {
        text += "        sysctls:\n          - name: net.ipv4.ip_unprivileged_port_start\n            value: \"0\"\n";
    }
    if packed.is_stateless() {
        let _ = write!(
            text,
            "      topologySpreadConstraints:\n        - maxSkew: 1\n          topologyKey: kubernetes.io/hostname\n          \
             whenUnsatisfiable: ScheduleAnyway\n          labelSelector:\n            matchLabels:\n              \
             app.kubernetes.io/name: {name}\n"
        );
    }
    let _ = write!(
        text,
        "      containers:\n        - name: {name}\n          image: {}\n          securityContext:\n            \
         allowPrivilegeEscalation: false\n            readOnlyRootFilesystem: true\n            \
         capabilities:\n              drop: [ALL]\n",
        quoted(image)
    );
    if !packed.values.is_empty() {
        text += "          env:\n";
        for (key, value) in packed.values {
            let value = quoted(value.replace("$(", "$$("));
            let _ = write!(text, "            - name: {key}\n              value: {value}\n");
        }
    }
    let ports = packed.ports();
    if !ports.is_empty() {
        text += "          ports:\n";
        for (index, (port, tls)) in ports.iter().enumerate() {
            let port_name = port_name(&ports, index, *tls);
            let _ = write!(
                text,
                "            - name: {port_name}\n              containerPort: {port}\n"
            );
        }
        text += &probes(packed, ports[0]);
    }
    let memory = packed.memory_mib();
    let _ = write!(
        text,
        "          resources:\n            requests:\n              cpu: 100m\n              memory: {}Mi\n            \
         limits:\n              # One worker; the memory is the most that it may take (`sitec bounds`).\n              \
         cpu: \"1\"\n              memory: {memory}Mi\n",
        (memory / 8).max(16)
    );
    text + &mounts(packed)
}

/// The name of a port: `http`, `https`, and with their numbers the others.
fn port_name(ports: &[(u16, bool)], index: usize, tls: bool) -> String {
    let scheme = if tls { "https" } else { "http" };
    match ports[..index].iter().any(|(_, other)| *other == tls) {
        true => format!("{scheme}-{}", ports[index].0),
        false => scheme.to_owned(),
    }
}

/// Whether the server is there: asked for a page that is known to be, else whether it listens.
fn probes(packed: &Packed<'_>, (port, tls): (u16, bool)) -> String {
    let port_name = if tls { "https" } else { "http" };
    let ask = match packed.probe_path(port) {
        Some(path) if !tls => {
            format!("httpGet:\n              path: {path}\n              port: {port_name}\n")
        }
        _ => format!("tcpSocket:\n              port: {port_name}\n"),
    };
    format!(
        "          startupProbe:\n            {ask}            periodSeconds: 1\n            \
         failureThreshold: 30\n          readinessProbe:\n            {ask}            periodSeconds: 5\n          \
         livenessProbe:\n            {ask}            periodSeconds: 10\n            failureThreshold: 6\n"
    )
}

fn mounts(packed: &Packed<'_>) -> String {
    let (written, secrets) = (&packed.contents.written, &packed.contents.secrets);
    if written.is_empty() && secrets.is_empty() {
        return String::new();
    }
    let name = &packed.naming.name;
    let mut mounts = "          volumeMounts:\n".to_owned();
    let inner = |(folder, _): &(PathBuf, Written)| {
        folder.strip_prefix(packed.naming.prefix()).unwrap_or(folder).to_owned()
    };
    let inner: Vec<_> = written.iter().map(inner).collect();
    let folder_keys = keys(inner.iter());
    for (index, (folder, kind)) in written.iter().enumerate() {
        let path = quoted(folder.display().to_string());
        let _ = writeln!(mounts, "            - mountPath: {path}");
        let _ = match kind {
            Written::State => write!(
                mounts,
                "              name: state\n              subPath: {}\n",
                quoted(&*folder_keys[index])
            ),
            Written::Cache | Written::Log | Written::Run => {
                writeln!(mounts, "              name: {}-{index}", kind.name())
            }
        };
    }
    for (file, key) in secrets.iter().zip(keys(secrets.iter())) {
        let path = quoted(file.display().to_string());
        let _ = write!(
            mounts,
            "            - mountPath: {path}\n              name: files\n              \
             subPath: {}\n              readOnly: true\n",
            quoted(key)
        );
    }
    let mut volumes = "      volumes:\n".to_owned();
    if !packed.is_stateless() {
        let _ = write!(
            volumes,
            "        - name: state\n          persistentVolumeClaim:\n            claimName: {name}\n"
        );
    }
    for (index, (_, kind)) in written.iter().enumerate().filter(|(_, it)| it.1 != Written::State) {
        let _ =
            write!(volumes, "        - name: {}-{index}\n          emptyDir: {{}}\n", kind.name());
    }
    if !secrets.is_empty() {
        let _ = write!(
            volumes,
            "        - name: files\n          secret:\n            secretName: {name}-files\n            \
             defaultMode: 288\n"
        );
    }
    mounts + &volumes
}

fn service(packed: &Packed<'_>) -> String {
    let name = &packed.naming.name;
    let ports = packed.ports();
    if ports.is_empty() {
        return String::new();
    }
    let mut text = head("Service", "v1", name);
    // What speaks TLS itself is reached as it is; for the rest, there is an Ingress.
    let kind = if ports.iter().any(|(_, tls)| *tls) { "LoadBalancer" } else { "ClusterIP" };
    let _ =
        write!(text, "  type: {kind}\n  selector:\n    app.kubernetes.io/name: {name}\n  ports:\n");
    for (index, (port, tls)) in ports.iter().enumerate() {
        let port_name = port_name(&ports, index, *tls);
        let outside = match &*port_name {
            "http" => 80,
            "https" => 443,
            _ => *port,
        };
        let _ = write!(
            text,
            "    - name: {port_name}\n      port: {outside}\n      targetPort: {port_name}\n"
        );
    }
    text
}

/// How a site without TLS of its own is reached: by its names, or by any.
fn ingress(packed: &Packed<'_>) -> String {
    let ports = packed.ports();
    if ports.is_empty() || ports.iter().any(|(_, tls)| *tls) {
        return String::new();
    }
    let name = &packed.naming.name;
    let mut text = head("Ingress", "networking.k8s.io/v1", name);
    text += "  rules:\n";
    let backend = format!(
        "http:\n        paths:\n          - path: /\n            pathType: Prefix\n            backend:\n              \
         service:\n                name: {name}\n                port:\n                  name: http\n"
    );
    let names = packed.host_names();
    for host in &names {
        let _ = write!(text, "    - host: {}\n      {backend}", quoted(&**host));
    }
    if names.is_empty() {
        let _ = write!(text, "    - {backend}");
    }
    text
}

fn autoscaler(packed: &Packed<'_>) -> String {
    let name = &packed.naming.name;
    head("HorizontalPodAutoscaler", "autoscaling/v2", name)
        + &format!(
            "  scaleTargetRef:\n    apiVersion: apps/v1\n    kind: Deployment\n    name: {name}\n  \
             minReplicas: 2\n  maxReplicas: 10\n  metrics:\n    - type: Resource\n      resource:\n        \
             name: cpu\n        target:\n          type: AverageValue\n          averageValue: 700m\n"
        )
}

fn disruption_budget(packed: &Packed<'_>) -> String {
    let name = &packed.naming.name;
    head("PodDisruptionBudget", "policy/v1", name)
        + &format!(
            "  maxUnavailable: 1\n  selector:\n    matchLabels:\n      app.kubernetes.io/name: {name}\n"
        )
}

fn claim(packed: &Packed<'_>) -> String {
    head("PersistentVolumeClaim", "v1", &packed.naming.name)
        + "  accessModes: [ReadWriteOnce]\n  resources:\n    requests:\n      storage: 1Gi\n"
}
