"""What requests carry: the types of the engine, field by field."""

from __future__ import annotations

from . import shapes
from .shapes import BOOL, BYTES, STRING, STRING_MAP, STRINGS, WORDS, Int, Map, Slice, Struct, Text

__all__ = [
    "CONFIG_SPEC", "CONTAINER", "CONTAINER_UPDATE", "EXEC", "EXEC_START", "NETWORK", "NETWORK_CONNECT",
    "NETWORK_DISCONNECT", "NODE_SPEC", "SECRET_SPEC", "SERVICE_SPEC", "SWARM_INIT", "SWARM_JOIN", "SWARM_SPEC",
    "SWARM_UNLOCK", "VOLUME",
]  # fmt: skip

INT = Int("int")
INT64 = Int()
UINT16 = Int("uint16", 16, signed=False)
UINT32 = Int("uint32", 32, signed=False)
UINT64 = Int("uint64", 64, signed=False)
DURATION = Int("time.Duration")
FILE_MODE = Int("fs.FileMode", 32, signed=False)
EMPTY = Struct("struct {}", {})

HEALTHCHECK = Struct(
    "container.HealthConfig",
    {"Test": STRINGS, "Interval": DURATION, "Timeout": DURATION, "StartPeriod": DURATION, "Retries": INT},
)
DRIVER = Struct("mount.Driver", {"Name": STRING, "Options": STRING_MAP})
MOUNT = Struct(
    "mount.Mount",
    {
        "Type": Text("mount.Type"),
        "Source": STRING,
        "Target": STRING,
        "ReadOnly": BOOL,
        "Consistency": Text("mount.Consistency"),
        "BindOptions": Struct("mount.BindOptions", {"Propagation": Text("mount.Propagation"), "NonRecursive": BOOL}),
        "VolumeOptions": Struct("mount.VolumeOptions", {"NoCopy": BOOL, "Labels": STRING_MAP, "DriverConfig": DRIVER}),
        "TmpfsOptions": Struct("mount.TmpfsOptions", {"SizeBytes": INT64, "Mode": FILE_MODE}),
    },
)
ULIMIT = Struct("units.Ulimit", {"Name": STRING, "Hard": INT64, "Soft": INT64})
WEIGHT = Struct("blkiodev.WeightDevice", {"Path": STRING, "Weight": UINT16})
THROTTLE = Struct("blkiodev.ThrottleDevice", {"Path": STRING, "Rate": UINT64})
RESTART_POLICY = Struct("container.RestartPolicy", {"Name": STRING, "MaximumRetryCount": INT})

RESOURCES: dict[str, shapes.Shape] = {
    **dict.fromkeys(
        (
            "CpuShares", "Memory", "NanoCpus", "CpuPeriod", "CpuQuota", "CpuRealtimePeriod", "CpuRealtimeRuntime",
            "KernelMemory", "KernelMemoryTCP", "MemoryReservation", "MemorySwap", "MemorySwappiness", "PidsLimit",
            "CpuCount", "CpuPercent",
        ),
        INT64,
    ),
    "CgroupParent": STRING,
    "BlkioWeight": UINT16,
    "BlkioWeightDevice": Slice(WEIGHT, "[]*blkiodev.WeightDevice"),
    **dict.fromkeys(
        ("BlkioDeviceReadBps", "BlkioDeviceWriteBps", "BlkioDeviceReadIOps", "BlkioDeviceWriteIOps"),
        Slice(THROTTLE, "[]*blkiodev.ThrottleDevice"),
    ),
    "CpusetCpus": STRING,
    "CpusetMems": STRING,
    "Devices": Slice(
        Struct(
            "container.DeviceMapping", {"PathOnHost": STRING, "PathInContainer": STRING, "CgroupPermissions": STRING}
        )
    ),
    "DeviceCgroupRules": STRINGS,
    "DeviceRequests": Slice(
        Struct(
            "container.DeviceRequest",
            {
                "Driver": STRING,
                "Count": INT,
                "DeviceIDs": STRINGS,
                "Capabilities": Slice(STRINGS),
                "Options": STRING_MAP,
            },
        )
    ),
    "OomKillDisable": BOOL,
    "Ulimits": Slice(ULIMIT, "[]*units.Ulimit"),
    "IOMaximumIOps": UINT64,
    "IOMaximumBandwidth": UINT64,
}  # fmt: skip

HOST_CONFIG = Struct(
    "container.HostConfig",
    {
        "Binds": STRINGS,
        "ContainerIDFile": STRING,
        "LogConfig": Struct("container.LogConfig", {"Type": STRING, "Config": STRING_MAP}),
        "NetworkMode": Text("container.NetworkMode"),
        "PortBindings": Map(
            Slice(Struct("nat.PortBinding", {"HostIp": STRING, "HostPort": STRING})), "nat.PortMap", nullable=True
        ),
        "RestartPolicy": RESTART_POLICY,
        "AutoRemove": BOOL,
        "VolumeDriver": STRING,
        "VolumesFrom": STRINGS,
        "CapAdd": WORDS,
        "CapDrop": WORDS,
        "CgroupnsMode": Text("container.CgroupnsMode"),
        "Dns": STRINGS,
        "DnsOptions": STRINGS,
        "DnsSearch": STRINGS,
        "ExtraHosts": STRINGS,
        "GroupAdd": STRINGS,
        "IpcMode": Text("container.IpcMode"),
        "Cgroup": Text("container.CgroupSpec"),
        "Links": STRINGS,
        "OomScoreAdj": INT,
        "PidMode": Text("container.PidMode"),
        "Privileged": BOOL,
        "PublishAllPorts": BOOL,
        "ReadonlyRootfs": BOOL,
        "SecurityOpt": STRINGS,
        "StorageOpt": STRING_MAP,
        "Tmpfs": STRING_MAP,
        "UTSMode": Text("container.UTSMode"),
        "UsernsMode": Text("container.UsernsMode"),
        "ShmSize": INT64,
        "Sysctls": STRING_MAP,
        "Runtime": STRING,
        "ConsoleSize": Slice(Int("uint", 64, signed=False), "[2]uint"),
        "Isolation": Text("container.Isolation"),
        **RESOURCES,
        "Mounts": Slice(MOUNT),
        "MaskedPaths": STRINGS,
        "ReadonlyPaths": STRINGS,
        "Init": BOOL,
    },
)
ENDPOINT_SETTINGS = Struct(
    "network.EndpointSettings",
    {
        "IPAMConfig": Struct(
            "network.EndpointIPAMConfig", {"IPv4Address": STRING, "IPv6Address": STRING, "LinkLocalIPs": STRINGS}
        ),
        "Links": STRINGS,
        "Aliases": STRINGS,
        "NetworkID": STRING,
        "EndpointID": STRING,
        "Gateway": STRING,
        "IPAddress": STRING,
        "IPPrefixLen": INT,
        "IPv6Gateway": STRING,
        "GlobalIPv6Address": STRING,
        "GlobalIPv6PrefixLen": INT,
        "MacAddress": STRING,
        "DriverOpts": STRING_MAP,
    },
)
CONTAINER = Struct(
    "runconfig.ContainerConfigWrapper",
    {
        **dict.fromkeys(
            ("Hostname", "Domainname", "User", "Image", "WorkingDir", "MacAddress", "StopSignal"), STRING
        ),
        **dict.fromkeys(
            (
                "AttachStdin", "AttachStdout", "AttachStderr", "Tty", "OpenStdin", "StdinOnce", "ArgsEscaped",
                "NetworkDisabled",
            ),
            BOOL,
        ),
        "ExposedPorts": Map(EMPTY, "nat.PortSet"),
        "Env": STRINGS,
        "Cmd": WORDS,
        "Healthcheck": HEALTHCHECK,
        "Volumes": Map(EMPTY),
        "Entrypoint": WORDS,
        "OnBuild": STRINGS,
        "Labels": STRING_MAP,
        "StopTimeout": INT,
        "Shell": WORDS,
        "HostConfig": HOST_CONFIG,
        "NetworkingConfig": Struct(
            "network.NetworkingConfig",
            {"EndpointsConfig": Map(ENDPOINT_SETTINGS, "map[string]*network.EndpointSettings", nullable=True)},
        ),
    },
)  # fmt: skip
CONTAINER_UPDATE = Struct("container.UpdateConfig", {**RESOURCES, "RestartPolicy": RESTART_POLICY})
EXEC = Struct(
    "types.ExecConfig",
    {
        "User": STRING,
        **dict.fromkeys(("Privileged", "Tty", "AttachStdin", "AttachStderr", "AttachStdout", "Detach"), BOOL),
        "DetachKeys": STRING,
        "Env": STRINGS,
        "WorkingDir": STRING,
        "Cmd": STRINGS,
    },
)
EXEC_START = Struct("types.ExecStartCheck", {"Detach": BOOL, "Tty": BOOL})

NETWORK = Struct(
    "types.NetworkCreateRequest",
    {
        "Name": STRING,
        "CheckDuplicate": BOOL,
        "Driver": STRING,
        "Scope": STRING,
        "EnableIPv6": BOOL,
        "IPAM": Struct(
            "network.IPAM",
            {
                "Driver": STRING,
                "Options": STRING_MAP,
                "Config": Slice(
                    Struct(
                        "network.IPAMConfig",
                        {"Subnet": STRING, "IPRange": STRING, "Gateway": STRING, "AuxiliaryAddresses": STRING_MAP},
                    )
                ),
            },
        ),
        "Internal": BOOL,
        "Attachable": BOOL,
        "Ingress": BOOL,
        "ConfigOnly": BOOL,
        "ConfigFrom": Struct("network.ConfigReference", {"Network": STRING}),
        "Options": STRING_MAP,
        "Labels": STRING_MAP,
    },
)
NETWORK_CONNECT = Struct("types.NetworkConnect", {"Container": STRING, "EndpointConfig": ENDPOINT_SETTINGS})
NETWORK_DISCONNECT = Struct("types.NetworkDisconnect", {"Container": STRING, "Force": BOOL})
VOLUME = Struct(
    "volume.VolumeCreateBody", {"Name": STRING, "Driver": STRING, "DriverOpts": STRING_MAP, "Labels": STRING_MAP}
)

ANNOTATIONS: dict[str, shapes.Shape] = {"Name": STRING, "Labels": STRING_MAP}
SWARM_DRIVER = Struct("swarm.Driver", {"Name": STRING, "Options": STRING_MAP})
SECRET_SPEC = Struct(
    "swarm.SecretSpec", {**ANNOTATIONS, "Data": BYTES, "Driver": SWARM_DRIVER, "Templating": SWARM_DRIVER}
)
CONFIG_SPEC = Struct("swarm.ConfigSpec", {**ANNOTATIONS, "Data": BYTES, "Templating": SWARM_DRIVER})
NODE_SPEC = Struct(
    "swarm.NodeSpec", {**ANNOTATIONS, "Role": Text("swarm.NodeRole"), "Availability": Text("swarm.NodeAvailability")}
)


def _file(kind: str) -> Struct:
    return Struct(f"swarm.{kind}ReferenceFileTarget", {"Name": STRING, "UID": STRING, "GID": STRING, "Mode": FILE_MODE})


ATTACHMENTS = Slice(
    Struct("swarm.NetworkAttachmentConfig", {"Target": STRING, "Aliases": STRINGS, "DriverOpts": STRING_MAP})
)
PRIVILEGES = Struct(
    "swarm.Privileges",
    {
        "CredentialSpec": Struct("swarm.CredentialSpec", {"Config": STRING, "File": STRING, "Registry": STRING}),
        "SELinuxContext": Struct(
            "swarm.SELinuxContext", {"Disable": BOOL, "User": STRING, "Role": STRING, "Type": STRING, "Level": STRING}
        ),
    },
)
CONTAINER_SPEC = Struct(
    "swarm.ContainerSpec",
    {
        "Image": STRING,
        "Labels": STRING_MAP,
        "Command": STRINGS,
        "Args": STRINGS,
        "Hostname": STRING,
        "Env": STRINGS,
        "Dir": STRING,
        "User": STRING,
        "Groups": STRINGS,
        "Privileges": PRIVILEGES,
        "Init": BOOL,
        "StopSignal": STRING,
        "TTY": BOOL,
        "OpenStdin": BOOL,
        "ReadOnly": BOOL,
        "Mounts": Slice(MOUNT),
        "StopGracePeriod": DURATION,
        "Healthcheck": HEALTHCHECK,
        "Hosts": STRINGS,
        "DNSConfig": Struct("swarm.DNSConfig", {"Nameservers": STRINGS, "Search": STRINGS, "Options": STRINGS}),
        "Secrets": Slice(
            Struct("swarm.SecretReference", {"File": _file("Secret"), "SecretID": STRING, "SecretName": STRING}),
            "[]*swarm.SecretReference",
        ),
        "Configs": Slice(
            Struct(
                "swarm.ConfigReference",
                {
                    "File": _file("Config"),
                    "Runtime": Struct("swarm.ConfigReferenceRuntimeTarget", {}),
                    "ConfigID": STRING,
                    "ConfigName": STRING,
                },
            ),
            "[]*swarm.ConfigReference",
        ),
        "Isolation": Text("container.Isolation"),
        "Sysctls": STRING_MAP,
        "CapabilityAdd": STRINGS,
        "CapabilityDrop": STRINGS,
        "Ulimits": Slice(ULIMIT, "[]*units.Ulimit"),
    },
)
GENERIC = Struct(
    "swarm.GenericResource",
    {
        "NamedResourceSpec": Struct("swarm.NamedGenericResource", {"Kind": STRING, "Value": STRING}),
        "DiscreteResourceSpec": Struct("swarm.DiscreteGenericResource", {"Kind": STRING, "Value": INT64}),
    },
)
SPREAD = Struct("swarm.SpreadOver", {"SpreadDescriptor": STRING})
TASK_SPEC = Struct(
    "swarm.TaskSpec",
    {
        "ContainerSpec": CONTAINER_SPEC,
        "PluginSpec": Struct(
            "runtime.PluginSpec", {"Name": STRING, "Remote": STRING, "Disabled": BOOL, "Env": STRINGS}
        ),
        "NetworkAttachmentSpec": Struct("swarm.NetworkAttachmentSpec", {"ContainerID": STRING}),
        "Resources": Struct(
            "swarm.ResourceRequirements",
            {
                "Limits": Struct("swarm.Limit", {"NanoCPUs": INT64, "MemoryBytes": INT64, "Pids": INT64}),
                "Reservations": Struct(
                    "swarm.Resources", {"NanoCPUs": INT64, "MemoryBytes": INT64, "GenericResources": Slice(GENERIC)}
                ),
            },
        ),
        "RestartPolicy": Struct(
            "swarm.RestartPolicy",
            {
                "Condition": Text("swarm.RestartPolicyCondition"),
                "Delay": DURATION,
                "MaxAttempts": UINT64,
                "Window": DURATION,
            },
        ),
        "Placement": Struct(
            "swarm.Placement",
            {
                "Constraints": STRINGS,
                "Preferences": Slice(Struct("swarm.PlacementPreference", {"Spread": SPREAD})),
                "MaxReplicas": UINT64,
                "Platforms": Slice(Struct("swarm.Platform", {"Architecture": STRING, "OS": STRING})),
            },
        ),
        "Networks": ATTACHMENTS,
        "LogDriver": SWARM_DRIVER,
        "ForceUpdate": UINT64,
        "Runtime": Text("swarm.RuntimeType"),
    },
)
UPDATE_CONFIG = Struct(
    "swarm.UpdateConfig",
    {
        "Parallelism": UINT64,
        "Delay": DURATION,
        "FailureAction": STRING,
        "Monitor": DURATION,
        "MaxFailureRatio": shapes.Float("float32"),
        "Order": STRING,
    },
)
PORT = Struct(
    "swarm.PortConfig",
    {
        "Name": STRING,
        "Protocol": Text("swarm.PortConfigProtocol"),
        "TargetPort": UINT32,
        "PublishedPort": UINT32,
        "PublishMode": Text("swarm.PortConfigPublishMode"),
    },
)
SERVICE_SPEC = Struct(
    "swarm.ServiceSpec",
    {
        **ANNOTATIONS,
        "TaskTemplate": TASK_SPEC,
        "Mode": Struct(
            "swarm.ServiceMode",
            {
                "Replicated": Struct("swarm.ReplicatedService", {"Replicas": UINT64}),
                "Global": Struct("swarm.GlobalService", {}),
                "ReplicatedJob": Struct("swarm.ReplicatedJob", {"MaxConcurrent": UINT64, "TotalCompletions": UINT64}),
                "GlobalJob": Struct("swarm.GlobalJob", {}),
            },
        ),
        "UpdateConfig": UPDATE_CONFIG,
        "RollbackConfig": UPDATE_CONFIG,
        "Networks": ATTACHMENTS,
        "EndpointSpec": Struct("swarm.EndpointSpec", {"Mode": Text("swarm.ResolutionMode"), "Ports": Slice(PORT)}),
    },
)
SWARM_SPEC = Struct(
    "swarm.Spec",
    {
        **ANNOTATIONS,
        "Orchestration": Struct("swarm.OrchestrationConfig", {"TaskHistoryRetentionLimit": INT64}),
        "Raft": Struct(
            "swarm.RaftConfig",
            {
                "SnapshotInterval": UINT64,
                "KeepOldSnapshots": UINT64,
                "LogEntriesForSlowFollowers": UINT64,
                "ElectionTick": INT,
                "HeartbeatTick": INT,
            },
        ),
        "Dispatcher": Struct("swarm.DispatcherConfig", {"HeartbeatPeriod": DURATION}),
        "CAConfig": Struct(
            "swarm.CAConfig",
            {
                "NodeCertExpiry": DURATION,
                "ExternalCAs": Slice(
                    Struct(
                        "swarm.ExternalCA",
                        {
                            "Protocol": Text("swarm.ExternalCAProtocol"),
                            "URL": STRING,
                            "Options": STRING_MAP,
                            "CACert": STRING,
                        },
                    ),
                    "[]*swarm.ExternalCA",
                ),
                "SigningCACert": STRING,
                "SigningCAKey": STRING,
                "ForceRotate": UINT64,
            },
        ),
        "TaskDefaults": Struct("swarm.TaskDefaults", {"LogDriver": SWARM_DRIVER}),
        "EncryptionConfig": Struct("swarm.EncryptionConfig", {"AutoLockManagers": BOOL}),
    },
)
SWARM_INIT = Struct(
    "swarm.InitRequest",
    {
        **dict.fromkeys(("ListenAddr", "AdvertiseAddr", "DataPathAddr"), STRING),
        "DataPathPort": UINT32,
        "ForceNewCluster": BOOL,
        "Spec": SWARM_SPEC,
        "AutoLockManagers": BOOL,
        "Availability": Text("swarm.NodeAvailability"),
        "DefaultAddrPool": STRINGS,
        "SubnetSize": UINT32,
    },
)
SWARM_JOIN = Struct(
    "swarm.JoinRequest",
    {
        **dict.fromkeys(("ListenAddr", "AdvertiseAddr", "DataPathAddr", "JoinToken"), STRING),
        "RemoteAddrs": STRINGS,
        "Availability": Text("swarm.NodeAvailability"),
    },
)
SWARM_UNLOCK = Struct("swarm.UnlockRequest", {"UnlockKey": STRING})
