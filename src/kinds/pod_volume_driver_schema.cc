#include "kinds/pod_volume_driver_schema.h"

#include "kinds/common_schema.h"

namespace signet::kinds {
namespace {

constexpr Field gce_persistent_disk_volume_source_fields[] = {
    text(1, "pdName").required(),
    text(2, "fsType"),
    int32(3, "partition"),
    boolean(4, "readOnly"),
};

constexpr Field aws_elastic_block_store_volume_source_fields[] = {
    text(1, "volumeID").required(),
    text(2, "fsType"),
    int32(3, "partition"),
    boolean(4, "readOnly"),
};

constexpr Field git_repo_volume_source_fields[] = {
    text(1, "repository").required(),
    text(2, "revision"),
    text(3, "directory"),
};

constexpr Field nfs_volume_source_fields[] = {
    text(1, "server").required(),
    text(2, "path").required(),
    boolean(3, "readOnly"),
};

constexpr Field iscsi_volume_source_fields[] = {
    text(1, "targetPortal").required(),
    text(2, "iqn").required(),
    int32(3, "lun").required(),
    text(4, "iscsiInterface"),
    text(5, "fsType"),
    boolean(6, "readOnly"),
    list_of(7, "portals", Type::text),
    boolean(8, "chapAuthDiscovery"),
    boolean(11, "chapAuthSession"),
    message(10, "secretRef", local_object_reference).optional(),
    text(12, "initiatorName").optional(),
};

constexpr Field glusterfs_volume_source_fields[] = {
    text(1, "endpoints").required(),
    text(2, "path").required(),
    boolean(3, "readOnly"),
};

constexpr Field rbd_volume_source_fields[] = {
    list_of(1, "monitors", Type::text).required(),
    text(2, "image").required(),
    text(3, "fsType"),
    text(4, "pool"),
    text(5, "user"),
    text(6, "keyring"),
    message(7, "secretRef", local_object_reference).optional(),
    boolean(8, "readOnly"),
};

constexpr Field flex_volume_source_fields[] = {
    text(1, "driver").required(),
    text(2, "fsType"),
    message(3, "secretRef", local_object_reference).optional(),
    boolean(4, "readOnly"),
    map_of(5, "options", Type::text),
};

constexpr Field cinder_volume_source_fields[] = {
    text(1, "volumeID").required(),
    text(2, "fsType"),
    boolean(3, "readOnly"),
    message(4, "secretRef", local_object_reference).optional(),
};

constexpr Field ceph_fs_volume_source_fields[] = {
    list_of(1, "monitors", Type::text).required(),
    text(2, "path"),
    text(3, "user"),
    text(4, "secretFile"),
    message(5, "secretRef", local_object_reference).optional(),
    boolean(6, "readOnly"),
};

constexpr Field flocker_volume_source_fields[] = {
    text(1, "datasetName"),
    text(2, "datasetUUID"),
};

constexpr Field fc_volume_source_fields[] = {
    list_of(1, "targetWWNs", Type::text),
    int32(2, "lun").optional(),
    text(3, "fsType"),
    boolean(4, "readOnly"),
    list_of(5, "wwids", Type::text),
};

constexpr Field azure_file_volume_source_fields[] = {
    text(1, "secretName").required(),
    text(2, "shareName").required(),
    boolean(3, "readOnly"),
};

constexpr Field vsphere_virtual_disk_volume_source_fields[] = {
    text(1, "volumePath").required(),
    text(2, "fsType"),
    text(3, "storagePolicyName"),
    text(4, "storagePolicyID"),
};

constexpr Field quobyte_volume_source_fields[] = {
    text(1, "registry").required(),
    text(2, "volume").required(),
    boolean(3, "readOnly"),
    text(4, "user"),
    text(5, "group"),
    text(6, "tenant"),
};

constexpr Field azure_disk_volume_source_fields[] = {
    text(1, "diskName").required(),    text(2, "diskURI").required(),
    text(3, "cachingMode").optional(), text(4, "fsType").optional(),
    boolean(5, "readOnly").optional(), text(6, "kind").optional(),
};

constexpr Field photon_persistent_disk_volume_source_fields[] = {
    text(1, "pdID").required(),
    text(2, "fsType"),
};

constexpr Field portworx_volume_source_fields[] = {
    text(1, "volumeID").required(),
    text(2, "fsType"),
    boolean(3, "readOnly"),
};

constexpr Field scale_io_volume_source_fields[] = {
    text(1, "gateway").required(),
    text(2, "system").required(),
    message(3, "secretRef", local_object_reference).optional(),
    boolean(4, "sslEnabled"),
    text(5, "protectionDomain"),
    text(6, "storagePool"),
    text(7, "storageMode"),
    text(8, "volumeName"),
    text(9, "fsType"),
    boolean(10, "readOnly"),
};

constexpr Field storage_os_volume_source_fields[] = {
    text(1, "volumeName"),
    text(2, "volumeNamespace"),
    text(3, "fsType"),
    boolean(4, "readOnly"),
    message(5, "secretRef", local_object_reference).optional(),
};

constexpr Field csi_volume_source_fields[] = {
    text(1, "driver").required(),
    boolean(2, "readOnly").optional(),
    text(3, "fsType").optional(),
    map_of(4, "volumeAttributes", Type::text),
    message(5, "nodePublishSecretRef", local_object_reference).optional(),
};

}  // namespace

constinit const Schema gce_persistent_disk_volume_source{"GCEPersistentDiskVolumeSource",
                                                         gce_persistent_disk_volume_source_fields};
constinit const Schema aws_elastic_block_store_volume_source{
    "AWSElasticBlockStoreVolumeSource", aws_elastic_block_store_volume_source_fields};
constinit const Schema git_repo_volume_source{"GitRepoVolumeSource", git_repo_volume_source_fields};
constinit const Schema nfs_volume_source{"NFSVolumeSource", nfs_volume_source_fields};
constinit const Schema iscsi_volume_source{"ISCSIVolumeSource", iscsi_volume_source_fields};
constinit const Schema glusterfs_volume_source{"GlusterfsVolumeSource",
                                               glusterfs_volume_source_fields};
constinit const Schema rbd_volume_source{"RBDVolumeSource", rbd_volume_source_fields};
constinit const Schema flex_volume_source{"FlexVolumeSource", flex_volume_source_fields};
constinit const Schema cinder_volume_source{"CinderVolumeSource", cinder_volume_source_fields};
constinit const Schema ceph_fs_volume_source{"CephFSVolumeSource", ceph_fs_volume_source_fields};
constinit const Schema flocker_volume_source{"FlockerVolumeSource", flocker_volume_source_fields};
constinit const Schema fc_volume_source{"FCVolumeSource", fc_volume_source_fields};
constinit const Schema azure_file_volume_source{"AzureFileVolumeSource",
                                                azure_file_volume_source_fields};
constinit const Schema vsphere_virtual_disk_volume_source{
    "VsphereVirtualDiskVolumeSource", vsphere_virtual_disk_volume_source_fields};
constinit const Schema quobyte_volume_source{"QuobyteVolumeSource", quobyte_volume_source_fields};
constinit const Schema azure_disk_volume_source{"AzureDiskVolumeSource",
                                                azure_disk_volume_source_fields};
constinit const Schema photon_persistent_disk_volume_source{
    "PhotonPersistentDiskVolumeSource", photon_persistent_disk_volume_source_fields};
constinit const Schema portworx_volume_source{"PortworxVolumeSource",
                                              portworx_volume_source_fields};
constinit const Schema scale_io_volume_source{"ScaleIOVolumeSource", scale_io_volume_source_fields};
constinit const Schema storage_os_volume_source{"StorageOSVolumeSource",
                                                storage_os_volume_source_fields};
constinit const Schema csi_volume_source{"CSIVolumeSource", csi_volume_source_fields};

}  // namespace signet::kinds
